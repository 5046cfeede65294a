"""Bearer keys from a file, against the real server."""

import time

import pytest
import requests

from tests.integration.test_process import start
from tests.server import running_server
from tests.sockets import exchange

OLD, NEW = "old-key-0123456789", "new-key-0123456789"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    """A file of keys as Kubernetes mounts it: a symbolic link to one folder of several."""
    folder = tmp_path_factory.mktemp("secret")
    write(folder, f"# of the shop\n{OLD}\n\n  {NEW}  \n")
    (folder / "keys").symlink_to("..data/keys")
    return folder


def write(folder, text):
    """Swap the link, as Kubernetes does for a Secret that has changed."""
    version = folder / f"version-{time.monotonic_ns()}"
    version.mkdir()
    (version / "keys").write_text(text)
    (folder / "..new").symlink_to(version.name)
    (folder / "..new").replace(folder / "..data")


@pytest.fixture(scope="module")
def closed(secret):
    with running_server(FRAUD_KEYS_FILE=str(secret / "keys")) as server:
        yield server


def bearer(key, scheme="Bearer"):
    return {"authorization": f"{scheme} {key}"}


@pytest.mark.parametrize("key", [OLD, NEW])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_each_key_opens_the_service(closed, fraud, key, scheme):
    response = requests.post(closed.url, json=fraud, headers=bearer(key, scheme))
    assert response.json()["fraud"] is True


NO_KEY, WRONG_KEY = 'Bearer realm="fraud"', 'Bearer realm="fraud", error="invalid_token"'
REFUSED = {
    "no header": ({}, NO_KEY),
    "another scheme": ({"authorization": "Basic YTpi"}, NO_KEY),
    "a wrong key": (bearer("wrong-key-0123456789"), WRONG_KEY),
    "a key's beginning": (bearer(OLD[:-1]), WRONG_KEY),
    "an empty key": (bearer(""), WRONG_KEY),
    "both keys": (bearer(f"{OLD} {NEW}"), WRONG_KEY),
    "a comment": (bearer("# of the shop"), WRONG_KEY),
    "no ASCII": ({"authorization": "Bearer \xe9".encode("latin-1")}, WRONG_KEY),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("path", ["/", "/model", "/unknown", "/health/live/"])
def test_every_other_request_is_refused_with_a_challenge(closed, fraud, name, path):
    headers, challenge = REFUSED[name]
    response = requests.post(closed.url + path, json=fraud, headers=headers)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"] == challenge
    assert response.json()["type"].endswith(":unauthorized")
    assert OLD not in response.text


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_the_health_paths_need_no_key(closed, path):
    assert requests.get(closed.url + path).status_code == 200


def test_a_small_upload_without_a_key_is_read_and_its_connection_lives_on(closed):
    with requests.Session() as session:
        response = session.post(closed.url, data=b" " * 900_000, headers=JSON)
        assert (response.status_code, response.headers.get("connection")) == (401, None)


def test_an_endless_upload_without_a_key_is_refused_before_its_end(closed):
    head = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    answer = exchange(closed.port, head, b"1000\r\n%b\r\n" % (b" " * 4096) * 1000)
    assert (answer.status, answer.headers["connection"]) == (401, "close")


def test_keys_that_change_are_followed_and_bad_ones_are_not(tmp_path, fraud):
    write(tmp_path, OLD)
    path = tmp_path / "..data" / "keys"
    with running_server(FRAUD_KEYS_FILE=str(path)) as server:

        def statuses():
            time.sleep(1.1)
            return [
                requests.post(server.url, json=fraud, headers=bearer(key)).status_code
                for key in (OLD, NEW)
            ]

        assert statuses() == [200, 401]
        write(tmp_path, NEW)
        assert statuses() == [401, 200]
        write(tmp_path, "short-secret")
        assert statuses() == [401, 200]
        path.unlink()
        assert statuses() == [401, 200]
        write(tmp_path, f"{OLD}\n{NEW}")
        assert statuses() == [200, 200]
        server.stop()
        output = server.output()
    assert output.count("The keys stay as they were.") == 2
    assert "Line 1" in output
    assert "short-secret" not in output


BAD_FILES = {
    "a short key": (f"# one\n{OLD}\nshort-key\n", "Line 3 of the file of keys"),
    "a space in a key": (f"{OLD} {NEW}\n", "Line 1 of the file of keys"),
    "no ASCII": (f"{OLD}é\n", "Line 1 of the file of keys"),
    "comments alone": ("# nothing\n\n", "has none; a key a line was expected."),
    "missing": (None, "cannot be read: No such file or directory"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_ends_the_start_with_a_sentence_that_shows_no_key(tmp_path, name):
    text, words = BAD_FILES[name]
    path = tmp_path / "keys"
    if text is not None:
        path.write_text(text)
    code, output = start(FRAUD_KEYS_FILE=str(path))
    assert code == 1
    assert output.startswith("The function cannot start. ")
    assert words in output
    assert "-key" not in output
    assert "Traceback" not in output
