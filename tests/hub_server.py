"""A stand-in for the Hugging Face Hub on loopback: as much of its protocol as its real client speaks here.

Repositories, their commits and access rights; files whole, redirected to large-file storage, and in ranges; LFS uploads
and commits. It can break a transfer, damage one, or be out of order. Xet is not spoken: the client falls back to LFS.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

LARGE = (".safetensors", ".jpg", ".png")
INTERNAL = (500, {}, {"error": "Internal Error"})
WRITER, READER, STRANGER = "hf_writer0123456789", "hf_reader0123456789", "hf_stranger0123456789"
FREE_HARDWARE = "zero-a10g"
MOST_SHORT = 60
NAMES = {WRITER, READER, STRANGER}
Reply = tuple[int, dict[str, str], Any]  # status, headers, JSON or bytes


@dataclass
class Repo:
    """A repository: its commits, oldest first, as files by name; `gated` shows its list of files to everybody."""

    private: bool = False
    gated: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def head(self) -> str:
        return next(reversed(self.commits))

    def commit(self, files: dict[str, bytes]) -> str:
        """Add a commit with exactly these files and return its hash."""
        oid = hashlib.sha1(repr([*self.commits, sorted(files)]).encode()).hexdigest()
        self.commits[oid] = files
        return oid

    def find(self, revision: str) -> str | None:
        """Return the commit of a branch, a tag or a commit."""
        known = {"main": self.head, **self.tags, **{oid: oid for oid in self.commits}}
        return known.get(revision)


@dataclass
class Hub:
    """What the server knows and has been asked; a test reads and changes it."""

    url: str = ""
    storage_url: str = ""  # of large files, on a host of another name
    repos: dict[tuple[str, str], Repo] = field(default_factory=dict)  # by kind and owner/name
    stored: dict[str, bytes] = field(default_factory=dict)  # large files by SHA-256
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path
    tokens: set[str | None] = field(default_factory=set)
    storage_tokens: set[str | None] = field(default_factory=set)  # that reached the other host
    messages: list[str] = field(default_factory=list)  # of commits
    broken_transfers: int = 0  # of large files, which end half-way
    damaged: bool = False  # large files arrive with another byte
    out_of_order: bool = False
    created: list[dict[str, Any]] = field(default_factory=list)  # what repositories were asked for
    wants_payment: bool = False  # for every Space but those of the free hardware

    def model(self, name: str, files: dict[str, bytes] | None = None, **options: bool) -> Repo:
        """Add a repository of a model."""
        return self.add("model", name, files, **options)

    def dataset(self, name: str, files: dict[str, bytes] | None = None) -> Repo:
        """Add a repository of a dataset."""
        return self.add("dataset", name, files)

    def add(self, kind: str, name: str, files: dict[str, bytes] | None, **options: bool) -> Repo:
        repo = self.repos[kind, name] = Repo(**options)
        repo.commit({".gitattributes": b"*.safetensors filter=lfs\n"})
        if files is not None:
            repo.commit({".gitattributes": b"", **files})
            self.stored |= {sha256(content): content for content in files.values()}
        return repo

    def paths(self, method: str, pattern: str) -> list[str]:
        """Return the paths that were asked for by a method and match a pattern."""
        return [path for asked, path in self.asked if asked == method and re.search(pattern, path)]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_large(name: str) -> bool:
    return name.endswith(LARGE)


def git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(code)
        self.reply: Reply = (status, {"X-Error-Code": code, "X-Error-Message": message}, {"error": message or code})


@contextmanager
def running() -> Iterator[Hub]:
    """Serve an empty Hub on a free port of this machine."""
    hub = Hub()

    class Handler(_Handler):
        known = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    hub.storage_url = f"http://localhost:{server.server_port}/storage"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    known: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Write nothing."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_HEAD(self) -> None:
        self._serve("HEAD")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PUT(self) -> None:
        self._serve("PUT")

    @property
    def token(self) -> str | None:
        return self.headers.get("Authorization", "").removeprefix("Bearer ") or None

    def _serve(self, method: str) -> None:
        self.body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self._whole()
        path = unquote(urlsplit(self.path).path)
        self.known.asked.append((method, path))
        told = self.known.storage_tokens if path.startswith("/storage/") else self.known.tokens
        told.add(self.token)
        try:
            status, headers, content = self._reply("GET" if method == "HEAD" else method, path)
        except RefusedError as refused:
            status, headers, content = refused.reply
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self._send(status, headers, data, with_body=method != "HEAD")

    def _whole(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, status: int, headers: dict[str, str], data: bytes, *, with_body: bool) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body and headers.get("X-Break"):
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
        elif with_body:
            self.wfile.write(data)

    def _reply(self, method: str, path: str) -> Reply:
        if self.known.out_of_order:
            return INTERNAL
        if self.token and self.token not in NAMES:
            raise RefusedError(401, message="Invalid credentials in Authorization header")
        for pattern, answer in ROUTES:
            found = re.fullmatch(f"{method} {pattern}", f"{method} {path}")
            if found:
                reply: Reply = answer(self, *found.groups())
                return reply
        raise RefusedError(404, "NoRoute", f"no route {method} {path}")

    def _repo(self, kind: str, name: str, *, to_write: bool = False) -> Repo:
        repo = self.known.repos.get((kind, name))
        if repo is None or (repo.private and self.token not in (WRITER, READER)):
            raise RefusedError(404 if self.token else 401, "RepoNotFound", "Repository not found")
        if to_write and self.token != WRITER:
            raise RefusedError(403 if self.token else 401, message="Forbidden: you must use a write token")
        return repo

    def _named(self, kinds: str | None) -> str:
        """Return the kind of repository that an address names in the plural, models by nothing at all."""
        return (kinds or "models/").rstrip("/").removesuffix("s")

    def _files(self, kind: str, name: str, revision: str) -> tuple[str, dict[str, bytes]]:
        repo = self._repo(kind, name)
        oid = repo.find(revision)
        if oid is None:
            raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return oid, repo.commits[oid]

    def info(self, kind: str, name: str, revision: str | None) -> Reply:
        oid, files = self._files(kind, name, revision or "main")
        repo = self._repo(kind, name)
        siblings = [{"rfilename": path, **facts(path, content, "sha256")} for path, content in files.items()]
        about = {"id": name, "sha": oid, "private": repo.private, "gated": "auto" if repo.gated else False}
        return 200, {}, {**about, "siblings": siblings, "tags": [], "downloads": 0, "likes": 0}

    def tree(self, kind: str, name: str, revision: str) -> Reply:
        _, files = self._files(kind, name, revision)
        listed = [{"type": "file", "path": path, **facts(path, content, "oid")} for path, content in files.items()]
        return 200, {}, listed

    def resolve(self, kind: str, name: str, revision: str, path: str) -> Reply:
        oid, files = self._files(kind, name, revision)
        if self._repo(kind, name).gated and self.token not in (WRITER, READER):
            raise RefusedError(403 if self.token else 401, "GatedRepo", "Access to model is restricted")
        if path not in files:
            raise RefusedError(404, "EntryNotFound", "Entry not found")
        content = files[path]
        headers = {"X-Repo-Commit": oid, "ETag": f'"{git_oid(content)}"'}
        if not is_large(path):
            return 200, headers, content
        linked = {"X-Linked-Etag": f'"{sha256(content)}"', "X-Linked-Size": str(len(content))}
        return 302, {**headers, **linked, "Location": f"{self.known.storage_url}/{sha256(content)}"}, b""

    def storage(self, oid: str) -> Reply:
        content = self.known.stored[oid]
        if self.known.damaged:
            content = content[:-1] + bytes([content[-1] ^ 1])
        start = int((re.match(r"bytes=(\d+)-", self.headers.get("Range", "")) or ["", "0"])[1])
        ranged = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        if self.known.broken_transfers and self.command == "GET":
            self.known.broken_transfers -= 1
            ranged["X-Break"] = "1"
        return 206 if start else 200, {"Accept-Ranges": "bytes", **ranged}, content[start:]

    def create(self) -> Reply:
        asked = json.loads(self.body)
        name = f"{asked['organization']}/{asked['name']}"
        if self.token != WRITER:
            raise RefusedError(403 if self.token else 401, message="You don't have the rights to create a model here")
        kind = asked.get("type", "model")
        if kind == "space" and self.known.wants_payment and asked.get("hardware") != FREE_HARDWARE:
            raise RefusedError(402, message="Payment required")
        if (kind, name) in self.known.repos:
            return 409, {}, {"error": "You already created this repo", "url": f"{self.known.url}/{name}"}
        self.known.created.append(asked)
        private = asked.get("private") is True or asked.get("visibility") == "private"
        self.known.add(kind, name, None, private=private)
        return 200, {}, {"url": f"{self.known.url}/{'spaces/' * (kind == 'space')}{name}"}

    def validate_yaml(self) -> Reply:
        asked = json.loads(self.body)
        problems = (space_problems if asked["repoType"] == "space" else card_problems)(asked["content"])
        errors = [{"message": problem} for problem in problems]
        return 400 if errors else 200, {}, {"errors": errors, "warnings": []}

    def preupload(self, kind: str, name: str, _revision: str) -> Reply:
        self._repo(kind, name, to_write=True)
        listed = [
            {"path": file["path"], "uploadMode": "lfs" if is_large(file["path"]) else "regular", "shouldIgnore": False}
            for file in json.loads(self.body)["files"]
        ]
        return 200, {}, {"files": listed}

    def batch(self, kinds: str | None, name: str) -> Reply:
        self._repo(self._named(kinds), name, to_write=True)
        objects = []
        for wanted in json.loads(self.body)["objects"]:
            actions = {"upload": {"href": f"{self.known.storage_url}/{wanted['oid']}"}}
            known = wanted["oid"] in self.known.stored
            objects.append({**wanted, "authenticated": True, **({} if known else {"actions": actions})})
        return 200, {"Content-Type": "application/vnd.git-lfs+json"}, {"transfer": "basic", "objects": objects}

    def store(self, oid: str) -> Reply:
        if sha256(self.body) != oid:
            raise RefusedError(400, message="the content has another hash")
        self.known.stored[oid] = self.body
        return 200, {}, b""

    def commit(self, kind: str, name: str, _branch: str) -> Reply:
        repo = self._repo(kind, name, to_write=True)
        lines = [json.loads(line) for line in self.body.decode().splitlines()]
        files = dict(repo.commits[repo.head])
        for line in lines:
            self._apply(line["key"], line["value"], files, repo)
        oid = repo.commit(files)
        return 200, {}, {"commitUrl": f"{self.known.url}/{name}/commit/{oid}", "commitOid": oid}

    def _apply(self, key: str, value: dict[str, Any], files: dict[str, bytes], repo: Repo) -> None:
        match key:
            case "header":
                if value.get("parentCommit") not in (None, repo.head):
                    raise RefusedError(412, message="A commit has happened since")
                self.known.messages.append(value["summary"])
            case "file":
                files[value["path"]] = base64.b64decode(value["content"])
            case "lfsFile":
                files[value["path"]] = self.known.stored[value["oid"]]
            case "deletedFile":
                del files[value["path"]]


def facts(path: str, content: bytes, hashed_as: str) -> dict[str, Any]:
    """Return size and hashes of a file as the Hub lists them."""
    oid = git_oid(content)
    large = {"lfs": {hashed_as: sha256(content), "size": len(content), "pointerSize": 134}} if is_large(path) else {}
    return {"size": len(content), "blobId": oid, "oid": oid, **large}


def card_problems(card: str) -> list[str]:
    """Say what the Hub would find wrong with the metadata of a model card."""
    found = re.match(r"---\n(.*?)\n---\n", card, flags=re.S)
    if found is None:
        return ["empty or missing yaml metadata in repo card"]
    try:
        data = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        return [f"invalid yaml: {error}"]
    texts = {name: data.get(name) for name in ("license", "library_name", "pipeline_tag")}
    lists = {name: data.get(name, []) for name in ("tags", "datasets", "metrics")}
    problems = [f'"{name}" must be a string' for name, value in texts.items() if not isinstance(value, str)]
    problems += [f'"{name}" must be an array' for name, value in lists.items() if not isinstance(value, list)]
    if not str(data.get("thumbnail", "https://")).startswith("https://"):
        problems.append('"thumbnail" must be an address')
    return problems + [problem for model in data.get("model-index", []) for problem in _index_problems(model)]


def space_problems(readme: str) -> list[str]:
    """Say what the Hub would find wrong with the metadata of a Space."""
    data = yaml.safe_load(readme.split("---\n")[1])
    texts = ("title", "sdk", "sdk_version", "python_version", "app_file", "short_description")
    problems = [f'"{name}" must be a string' for name in texts if not isinstance(data.get(name), str)]
    problems += [
        f'"{name}" must be an array' for name in ("models", "tags") if not isinstance(data.get(name, []), list)
    ]
    if len(data.get("short_description") or "") > MOST_SHORT:
        problems.append(f'"short_description" must have at most {MOST_SHORT} characters')
    if not str(data.get("thumbnail", "https://")).startswith("https://"):
        problems.append('"thumbnail" must be an address')
    return problems


def _index_problems(model: dict[str, Any]) -> Iterator[str]:
    if not isinstance(model.get("name"), str):
        yield '"model-index[0].name" must be a string'
    for result in model["results"]:
        if not isinstance(result.get("task", {}).get("type"), str):
            yield '"task.type" must be a string'
        if not {"name", "type"} <= result.get("dataset", {}).keys():
            yield '"dataset" must have a name and a type'
        for metric in result["metrics"]:
            if not isinstance(metric.get("type"), str) or "value" not in metric:
                yield '"metrics" must have a type and a value'


REPO = r"([^/]+/[^/]+)"
ROUTES: list[tuple[str, Any]] = [
    (r"/api/repos/create", _Handler.create),
    (r"/api/validate-yaml", _Handler.validate_yaml),
    (rf"/api/(model|space)s/{REPO}/preupload/(.+)", _Handler.preupload),
    (rf"/api/(model|space)s/{REPO}/commit/(.+)", _Handler.commit),
    (rf"/(spaces/)?{REPO}\.git/info/lfs/objects/batch", _Handler.batch),
    (rf"/api/(model|dataset|space)s/{REPO}(?:/revision/(.+))?", _Handler.info),
    (rf"/api/(model|dataset|space)s/{REPO}/tree/([^/]+)", _Handler.tree),
    (rf"/spaces/{REPO}/resolve/([^/]+)/(.+)", lambda handler, *found: handler.resolve("space", *found)),
    (rf"/datasets/{REPO}/resolve/([^/]+)/(.+)", lambda handler, *found: handler.resolve("dataset", *found)),
    (rf"/{REPO}/resolve/([^/]+)/(.+)", lambda handler, *found: handler.resolve("model", *found)),
]
STORAGE = r"/storage/([0-9a-f]{64})"
ROUTES += [(STORAGE, lambda handler, oid: handler.store(oid) if handler.command == "PUT" else handler.storage(oid))]
