"""GET /openapi.json and GET /docs: what they say is what the real server does."""

import json
import os
import re
import subprocess
import sys
import tomllib
from base64 import b64encode
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest
import requests
from openapi_spec_validator import validate

from function.adapters import examples
from function.adapters.page import page

PROJECT = Path(__file__).parent.parent.parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@pytest.fixture(scope="module")
def document(server):
    return requests.get(f"{server.url}/openapi.json").json()


@pytest.fixture(scope="module")
def docs(server):
    return requests.get(f"{server.url}/docs")


def commands(html):
    """Each curl command of the page, and the answer that is shown below it."""
    texts = re.findall(r"<pre>(curl.*?)</pre>(?:<p>gives</p><pre>(.*?)</pre>)?", html, re.DOTALL)
    return [(unescape(command), unescape(answer)) for command, answer in texts]


def readable(answer):
    """An answer without the time of its making, whatever its spaces; a CSV file's lines."""
    if not answer.startswith(("{", "[")):
        return answer.splitlines()
    return json.loads(re.sub(r'"time": *"[^"]*"', '"time": ""', answer))


def test_the_document_is_openapi(document):
    assert document["openapi"].startswith("3.1.")
    validate(document)


def test_the_document_names_every_path_and_method_and_no_other(server, document):
    known = requests.get(f"{server.url}/unknown").json()["detail"]
    assert set(document["paths"]) == set(re.findall(r"/[\w./:]*\w|/(?=,)", known))
    for path, methods in document["paths"].items():
        allowed = requests.delete(server.url + path).headers["allow"]
        assert {method.upper() for method in methods} == set(allowed.split(", "))


def test_the_version_is_the_projects(document):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert document["info"]["version"] == project["version"]


def test_every_field_has_a_meaning(document):
    silent = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, each in schema["properties"].items()
        if "description" not in each and "enum" not in each
    ]
    assert silent == []


def test_the_server_takes_what_the_document_allows_and_nothing_else(server, tmp_path):
    """All checks and phases; no path answers otherwise after another, so there are no links.

    It sends the examples, every bound of every field and what lies beyond it, and random bodies.
    """
    done = subprocess.run(
        [
            *(SCHEMATHESIS, "run", f"{server.url}/openapi.json", "--checks", "all"),
            *("--seed", "1", "--max-examples", "60", "--generation-database", "none"),
            *("--continue-on-failure", "--no-color"),
        ],
        env={
            **os.environ,
            "PYTHONHASHSEED": "0",
            "SCHEMATHESIS_HOOKS": "tests.document_hooks",
            "PYTHONPATH": str(PROJECT),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Operations:       " in done.stdout
    assert "Error" not in done.stdout


def test_the_example_is_the_one_of_the_readme(fraud):
    assert fraud == examples.TRANSACTION


def test_each_command_of_the_page_gets_the_answer_that_is_shown(server, docs):
    shown = commands(docs.text)
    assert sum(bool(answer) for _, answer in shown) == 8
    for command, answer in shown:
        done = subprocess.run(
            command.replace("curl", "curl --silent --fail", 1),
            shell=True,
            env={**os.environ, "URL": server.url},
            capture_output=True,
            text=True,
            check=True,
        )
        if answer:
            assert readable(done.stdout) == readable(answer)


def test_the_page_needs_nothing_but_itself_and_lets_nothing_else_in(docs):
    style = re.search(r"<style>(.*?)</style>", docs.text, re.DOTALL)[1]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = docs.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "frame-ancestors 'none'" in policy
    assert docs.headers["content-type"] == "text/html; charset=utf-8"
    assert docs.headers["x-content-type-options"] == "nosniff"
    assert docs.headers["x-frame-options"] == "DENY"
    assert docs.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script|<img|<link|src=|style=| on\w+=|url\(|@import", docs.text)


def test_every_link_of_the_page_leads_somewhere(docs):
    places = set(re.findall(r'id="([^"]+)"', docs.text))
    links = set(re.findall(r'href="([^"]+)"', docs.text)) - {"openapi.json"}
    assert {link.removeprefix("#") for link in links} <= places


def test_what_the_document_holds_is_text_on_the_page(document):
    hostile = json.dumps(document).replace("fraud", "<script>&").replace("Fraud", "<script>")
    html = page(hostile.encode())[0].decode()
    assert "<script" not in html
    assert "&lt;script&gt;&amp;" in html


def test_the_start_loads_nothing_that_only_the_document_needs():
    program = "import function.main, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "function.adapters.documentation" in loaded
    late = {
        "operations",
        "openapi",
        "page",
        "schema_page",
        "scoring_operation",
        "forms",
        "examples",
    }
    assert loaded.isdisjoint(f"function.adapters.{name}" for name in late)
