"""Real hosts of each kind of source on loopback, with the same small set of files to change."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import urlopen

from launch.network import free_port

SECRET = "s3cr3t-canary-of-a-source"
USER = "AKIDEXAMPLE"


class Host(Protocol):
    """A place with files."""

    kind: str

    @property
    def settings(self) -> Mapping[str, str]:
        """What a person would enter."""

    def put(self, name: str, data: bytes) -> None:
        """Add or change a file."""

    def delete(self, name: str) -> None:
        """Remove one."""

    def key(self, name: str) -> str:
        """What the connector calls it."""


class FolderHost:
    """A folder of this machine."""

    kind = "folder"

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def settings(self) -> Mapping[str, str]:
        return {"path": str(self.path)}

    def put(self, name: str, data: bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def delete(self, name: str) -> None:
        (self.path / name).unlink()

    def key(self, name: str) -> str:
        return name


class BucketHost(FolderHost):
    """A bucket behind `rclone serve s3`, which checks signatures (version 4)."""

    kind = "s3"

    def __init__(self, path: Path, port: int) -> None:
        super().__init__(path / "papers")
        self.path.mkdir()
        self.port = port

    @property
    def settings(self) -> Mapping[str, str]:
        return {"bucket": "papers", "endpoint": f"http://127.0.0.1:{self.port}", "access_key": USER}


@contextmanager
def bucket_host(folder: Path) -> Iterator[BucketHost]:
    """rclone's own server, with one access key."""
    port = free_port()
    program = Path(sys.executable).parent / "rclone"
    words = ("serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}", "--auth-key", f"{USER},{SECRET}")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "RCLONE_CONFIG": "/dev/null"}
    host = BucketHost(folder, port)
    process = subprocess.Popen(
        [program, *words, "--dir-cache-time", "0s", "--poll-interval", "0s"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield host
    finally:
        process.terminate()
        process.wait(10)


class WebServer:
    """What a handler and its test share: pages, who asked for what, and what goes wrong."""

    kind = "website"

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[str, bytes] = {}
        self.robots = "User-agent: *\nDisallow: /private\n"
        self.answers: dict[str, tuple[int, Mapping[str, str]]] = {}
        self.asked: list[tuple[str, int]] = []
        self.links: list[str] = []
        self.sitemap: list[str] = []

    @property
    def settings(self) -> Mapping[str, str]:
        return {"address": f"http://127.0.0.1:{self.port}/help/"}

    def put(self, name: str, data: bytes) -> None:
        self.pages[f"/help/{name}"] = data

    def delete(self, name: str) -> None:
        del self.pages[f"/help/{name}"]

    def key(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/help/{name}"

    def index(self) -> bytes:
        """The page at the beginning: links to all others."""
        links = "".join(f'<a href="{path}">{path}</a>' for path in (*sorted(self.pages), *self.links))
        return f"<html><title>Help</title><body>{links}</body></html>".encode()

    def answer(self, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a path."""
        if path in self.answers:
            status, extra = self.answers[path]
            return status, dict(extra), b""
        if path == "/robots.txt":
            return 200, {"Content-Type": "text/plain"}, self.robots.encode()
        if path == "/sitemap.xml" and self.sitemap:
            inner = "".join(f"<url><loc>{url}</loc></url>" for url in self.sitemap)
            xml = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</urlset>'
            return 200, {"Content-Type": "application/xml"}, xml.encode()
        body = self.index() if path == "/help/" else self.pages.get(path)
        if body is None:
            return 404, {}, b""
        tag = f'"{hash(body)}"'
        kind = "text/html" if path.endswith((".html", "/")) else "text/markdown"
        if headers.get("If-None-Match") == tag:
            return 304, {"ETag": tag}, b""
        return 200, {"ETag": tag, "Content-Type": kind}, body


@contextmanager
def web_host() -> Iterator[WebServer]:
    """A web site with a sitemap, robots.txt and ETags."""
    server = WebServer(free_port())

    class Handler(_Quiet):
        def do_GET(self) -> None:
            status, headers, body = server.answer(self.path, dict(self.headers.items()))
            server.asked.append((self.path, status))
            self.send(status, headers, body)

    with _serving(server.port, Handler):
        yield server


class RepositoryHost:
    """A repository behind `git http-backend`, for one user with one token."""

    kind = "git"

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.root = folder / "served"
        self.work = folder / "work"
        self.root.mkdir()
        self.git("init", "-q", "--bare", "-b", "main", str(self.root / "handbook.git"))
        self.git("clone", "-q", str(self.root / "handbook.git"), str(self.work))
        self.git("-C", str(self.work), "checkout", "-q", "-b", "main")

    @property
    def settings(self) -> Mapping[str, str]:
        return {"address": f"http://127.0.0.1:{self.port}/handbook.git", "user": USER}

    def git(self, *words: str) -> str:
        """Run git as nobody in particular."""
        names = ("AUTHOR", "COMMITTER")
        who = {f"GIT_{name}_{part}": "alice@acme.test" for name in names for part in ("NAME", "EMAIL")}
        clean = {"PATH": os.environ["PATH"], "HOME": str(self.root), "GIT_CONFIG_NOSYSTEM": "1", **who}
        return subprocess.run(["git", *words], env=clean, check=True, capture_output=True, text=True).stdout

    def put(self, name: str, data: bytes) -> None:
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.commit()

    def delete(self, name: str) -> None:
        (self.work / name).unlink()
        self.commit()

    def commit(self) -> None:
        """Commit everything and push it."""
        self.git("-C", str(self.work), "add", "-A")
        self.git("-C", str(self.work), "commit", "-q", "-m", "Change it")
        self.git("-C", str(self.work), "push", "-q", "origin", "main")

    def key(self, name: str) -> str:
        return name


@contextmanager
def repository_host(folder: Path) -> Iterator[RepositoryHost]:
    """Git's own smart HTTP server."""
    host = RepositoryHost(folder, free_port())
    expected = "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode()

    class Handler(_Quiet):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != expected:
                self.send(401, {"WWW-Authenticate": "Basic"}, b"")
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send(*_backend(self, host.root, body))

        do_POST = do_GET  # noqa: N815 - the standard library's name

    with _serving(host.port, Handler):
        yield host


def has_git() -> bool:
    return shutil.which("git") is not None


def _backend(handler: BaseHTTPRequestHandler, root: Path, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """What git-http-backend(1) answers to this request, as a CGI program."""
    parts = urlsplit(handler.path)
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": handler.command,
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(root),
    }
    done = subprocess.run(
        ["git", "http-backend"], env=environment, input=body, capture_output=True, check=True
    )
    head, _, answer = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(headers.pop("Status", "200").split()[0]), headers, answer


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def _serving(port: int, handler: type[BaseHTTPRequestHandler]) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            with urlopen(f"http://127.0.0.1:{port}/", timeout=1):
                return
        except OSError as error:
            if getattr(error, "code", None):
                return
            time.sleep(0.1)
    raise TimeoutError("the S3 server did not start")
