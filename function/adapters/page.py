"""The document of all paths as a page for people; `documentation` loads it for the first who asks.

One file of HTML without a script, so that it works without the internet and under the strictest
policy that a browser knows.
"""

import shlex
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import msgspec

from function.adapters.schema_page import components, kind, paragraphs

Json = dict[str, Any]

FOLDER = Path(__file__).parent
PAGE = Template((FOLDER / "page.html").read_text())
STYLE = (FOLDER / "page.css").read_text()
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


def page(document: bytes) -> tuple[bytes, dict[str, str]]:
    """Make the page.

    Parameters
    ----------
    document
        As `openapi.document` returns it.

    Returns
    -------
    content : bytes
        HTML.
    headers : dict of str to str
        What it is to be sent with.
    """
    found = msgspec.json.decode(document)
    paths = [
        (path, list(methods), next(iter(methods.values())))
        for path, methods in found["paths"].items()
    ]
    text = PAGE.substitute(
        style=STYLE,
        title=escape(found["info"]["title"]),
        version=escape(found["info"]["version"]),
        description=paragraphs(found["info"]["description"]),
        contents="".join(_entry(*each) for each in paths),
        operations="".join(_operation(*each) for each in paths),
        schemas=components(found["components"]["schemas"]),
    )
    return text.encode(), HEADERS


def _entry(path: str, methods: list[str], operation: Json) -> str:
    return (
        f'<li><a href="#{escape(operation["operationId"])}">{_verbs(methods)} '
        f"<code>{escape(path)}</code></a> {escape(operation['summary'])}</li>"
    )


def _verbs(methods: Iterable[str]) -> str:
    return " ".join(f"<b>{escape(method.upper())}</b>" for method in methods)


def _operation(path: str, methods: list[str], operation: Json) -> str:
    return "".join(
        (
            f'<section id="{escape(operation["operationId"])}">'
            f"<h2>{_verbs(methods)} <code>{escape(path)}</code></h2>"
            f"<p><strong>{escape(operation['summary'])}</strong></p>"
            f"{paragraphs(operation['description'])}",
            _key(operation),
            _parameters(operation["parameters"]),
            *_requests(path, methods[0], operation),
            _responses(operation["responses"]),
            "</section>",
        )
    )


def _key(operation: Json) -> str:
    if not operation["security"]:
        return "<p>It never asks for a key.</p>"
    return "<p>Where the service asks for a key: <code>authorization: Bearer KEY</code>.</p>"


def _parameters(parameters: list[Json]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code> <i>{escape(each['in'])}</i></td>"
        f"<td>{kind(each['schema'])}</td><td>{escape(each['description'])}</td></tr>"
        for each in parameters
    )
    return _table("Parameters", ("name", "type", "meaning"), rows) if rows else ""


def _table(title: str, heads: Iterable[str], rows: str) -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return (
        f"<h3>{title}</h3><div class=wide><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _requests(path: str, method: str, operation: Json) -> Iterator[str]:
    """Show each form that a request may have, with a command that sends it and what comes back."""
    contents = operation.get("requestBody", {}).get("content", {})
    given = operation["responses"]["200"]["content"]
    if not contents:
        yield f"<h3>Try it</h3><pre>{escape(command(path, method))}</pre>"
    for media_type, media in contents.items():
        yield (
            f"<h3><code>{escape(media_type)}</code></h3><p>{kind(media['schema'])}</p>"
            f"<pre>{escape(command(path, method, media_type, media.get('example')))}</pre>"
        )
        if "example" in given.get(media_type, {}):
            yield f"<p>gives</p><pre>{escape(_text(given[media_type]['example'], 1))}</pre>"
    headers = {
        each["name"]: each["example"]
        for each in operation["parameters"]
        if each["in"] == "header" and "example" in each
    }
    if headers and contents:
        media_type, media = next(iter(contents.items()))
        shown = command(path, method, media_type, media.get("example"), headers)
        yield f"<h3>With headers</h3><pre>{escape(shown)}</pre>"


def command(
    path: str,
    method: str,
    media_type: str = "",
    body: object = None,
    headers: dict[str, str] | None = None,
) -> str:
    """Write a request as a command for a shell.

    Parameters
    ----------
    path
        What is asked.
    method
        How.
    media_type
        What the body is; nothing where there is none.
    body
        A text, or a value to be sent as JSON.
    headers
        Further headers.

    Returns
    -------
    str
        It takes the service's address from the variable URL.
    """
    words = ["curl", f'"$URL"{shlex.quote(path)}']
    if method not in ("get", "post"):
        words += ["-X", method.upper()]
    for name, value in {"content-type": media_type, **(headers or {})}.items():
        if value:
            words += ["-H", shlex.quote(f"{name}: {value}")]
    if media_type:
        words += ["--data-binary", shlex.quote(_text(body, 0))]
    return " ".join(words)


def _text(example: object, indent: int) -> str:
    if isinstance(example, str):
        return example
    return msgspec.json.format(msgspec.json.encode(example), indent=indent).decode()


def _responses(responses: dict[str, Json]) -> str:
    rows = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(response['description'])}</td>"
        f"<td>{_bodies(response['content'])}</td></tr>"
        for status, response in responses.items()
    )
    return _table("Answers", ("status", "meaning", "body"), rows)


def _bodies(content: dict[str, Json]) -> str:
    return "<br>".join(
        f"<code>{escape(media_type)}</code> {kind(media['schema'])}"
        for media_type, media in content.items()
    )
