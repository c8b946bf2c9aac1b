"""Downloads from a server that imitates the Hugging Face Hub."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from confdiff_widgets.models import hub
from confdiff_widgets.models.checkpoints import CheckpointError, load

constants = pytest.importorskip("huggingface_hub.constants")

COMMIT = hub.REVISION + "0" * (40 - len(hub.REVISION))
NAME = "ConfDiff-ESM-r3-FORCE"


class Server:
    """Files of the authors' repository, and the requests received."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.latest, self.commits = COMMIT, [COMMIT]
        self.tampered = False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, body: bytes, headers: dict, status: int = 200) -> None:
                self.send_response(status)
                for key, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(key, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def do_GET(self) -> None:
                server.asked.append(f"{self.command} {self.path}")
                if self.path.startswith("/api/") and "/commits/" not in self.path:
                    self.answer(b"", {}, 404)
                    return
                if self.path.startswith("/api/"):
                    commits = [
                        {"id": c, "title": "", "message": "", "authors": [], "date": None}
                        for c in server.commits
                    ]
                    for commit in commits:
                        commit["date"] = "2024-09-01T00:00:00.000Z"
                    self.answer(json.dumps(commits).encode(), {"Content-Type": "application/json"})
                    return
                _, revision, file = (
                    self.path.split("/resolve/")[0],
                    *self.path.split("/resolve/")[1].split("/", 1),
                )
                if file not in server.files:
                    self.answer(b"", {"X-Error-Code": "EntryNotFound"}, 404)
                    return
                body = server.files[file]
                stated = hashlib.sha256(body).hexdigest()
                if server.tampered:
                    body = body[:-1] + bytes([body[-1] ^ 1])
                commit = server.latest if revision == "main" else revision
                self.answer(
                    body,
                    {
                        "X-Repo-Commit": commit,
                        "ETag": f'"{stated}"',
                        "X-Linked-Etag": f'"{stated}"',
                        "X-Linked-Size": str(len(body)),
                    },
                )

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server(monkeypatch, tmp_path):
    made = Server()
    monkeypatch.setattr(constants, "ENDPOINT", made.url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE",
        made.url + "/{repo_id}/resolve/{revision}/{filename}",
    )  # fmt: skip
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setenv("CONFDIFF_CACHE", str(tmp_path / "cache"))
    yield made
    made.http.shutdown()


@pytest.fixture
def published_file(server, tiny_network, write_lightning, tmp_path) -> bytes:
    path = write_lightning(
        tmp_path / "made.ckpt",
        tiny_network(conditional=True, seed=1, head="force"),
        tiny_network(conditional=False, seed=2),
    )
    server.files[f"ConfDiff-GUIDANCE/{NAME}.ckpt"] = path.read_bytes()
    return path.read_bytes()


def test_download_conversion_and_offline_use(server, published_file):
    entry = hub.PUBLISHED[NAME]
    assert not hub.is_downloaded(entry)
    found = load(NAME.lower())
    assert (found.name, found.representation) == (NAME, "esmfold-r3")
    assert found.sha256 == hashlib.sha256(published_file).hexdigest()
    assert found.sha256[:16] in found.describe()
    assert found.head is not None and found.unconditional is not None
    assert any(f"/resolve/{COMMIT}/" in line for line in server.asked)
    assert hub.is_downloaded(entry)
    server.asked.clear()
    assert load(NAME).sha256 == found.sha256
    assert server.asked == []


def test_pinned_commit_is_used_when_newer_ones_exist(server, published_file):
    server.latest, server.commits = "f" * 40, ["f" * 40, COMMIT, "a" * 40]
    load(NAME)
    files = [line for line in server.asked if line.startswith("GET") and "resolve" in line]
    assert files and all(COMMIT in line for line in files)


def test_history_without_the_pinned_commit(server, published_file):
    server.latest, server.commits = "f" * 40, ["f" * 40]
    with pytest.raises(hub.DownloadError, match="no longer has the commit"):
        load(NAME)


def test_file_with_another_hash_than_stated(server, published_file):
    server.tampered = True
    with pytest.raises(CheckpointError, match="should have"):
        load(NAME)
    assert not hub.is_downloaded(hub.PUBLISHED[NAME])


def test_file_that_changed_since_the_download(server, published_file):
    load(NAME)
    path, _ = hub.download(hub.PUBLISHED[NAME])
    content = path.read_bytes()
    path.resolve().write_bytes(content[:-1] + b"?")
    with pytest.raises(CheckpointError, match="damaged or was changed"):
        load(NAME)


def test_missing_file(server):
    with pytest.raises(hub.DownloadError, match=r"give the path of the file as the model"):
        load("ConfDiff-UNCOND")


def test_without_a_network_connection(server, published_file, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(hub.DownloadError, match=r"unset HF_HUB_OFFLINE"):
        load(NAME)


def test_published_names_contain_their_representation():
    assert len(hub.PUBLISHED) == 11
    for name, entry in hub.PUBLISHED.items():
        assert entry.file.endswith(f"/{name}.ckpt")
        if name != "ConfDiff-UNCOND":
            kind = "esmfold" if "-ESM-" in name else "openfold"
            assert entry.representation == f"{kind}-{name.split('-')[2]}"
