"""Cloud Storage of this machine, as one principal sees it: each request is allowed by the given grants or gets 403.

An emulator keeps the objects; what stands before it maps each request of the JSON API to the permission that Cloud
Storage asks for (https://cloud.google.com/storage/docs/access-control/iam-json) and asks :func:`.cel_grants.allowed`.
"""

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from gcp_storage_emulator.server import create_server  # type: ignore[import-untyped]

from tests.support.cel_grants import Grant, allowed

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
_OBJECT = re.compile(r"(?:/download)?/storage/v1/b/([^/]+)/o/([^/]+)")
_COPY = re.compile(r"/storage/v1/b/([^/]+)/o/([^/]+)/(?:rewriteTo|copyTo)/b/([^/]+)/o/([^/]+)")
_OBJECTS = re.compile(r"(/upload)?/storage/v1/b/([^/]+)/o")
_BUCKET = re.compile(r"/storage/v1/b/([^/]+)")

_BETWEEN_TWO = ("connection", "content-length", "date", "expect", "keep-alive", "server", "te", "transfer-encoding")
"""Headers of one connection, which are not passed on."""

Asked = tuple[str, str]
"""A permission and the resource that it is asked for."""


@dataclass
class Store:
    """A running store.

    :ivar address: what ``STORAGE_EMULATOR_HOST`` is set to.
    :ivar direct: host and port of the emulator, which asks nobody.
    :ivar denied: what was asked for and not allowed.
    """

    address: str
    direct: tuple[str, int]
    denied: list[Asked] = field(default_factory=list)

    def make(self, bucket: str) -> None:
        """Make an empty bucket."""
        self._ask("POST", "/storage/v1/b?project=p", json.dumps({"name": bucket}).encode(), "application/json")

    def put(self, bucket: str, name: str, content: bytes) -> None:
        """Write an object as its owner would."""
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(name, safe='')}"
        self._ask("POST", path, content)

    def names(self, bucket: str) -> list[str]:
        """Names of all objects of a bucket, in order."""
        items = json.loads(self._ask("GET", f"/storage/v1/b/{bucket}/o")).get("items", [])
        return sorted(item["name"] for item in items)

    def read(self, bucket: str, name: str) -> bytes:
        """The bytes of an object."""
        return self._ask("GET", f"/download/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media")

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/octet-stream") -> bytes:
        connection = http.client.HTTPConnection(*self.direct)
        connection.request(method, path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status == 200, (path, answer.status, content)
        return content


@contextmanager
def store(grants: Sequence[Grant], principal: str, buckets: Sequence[str]) -> Iterator[Store]:
    """A store with these empty buckets, in which ``principal`` may do what ``grants`` let it."""
    emulator = create_server("127.0.0.1", 0, in_memory=True)
    emulator.start()
    host, port = emulator._api._httpd.server_address[:2]
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    made = Store(f"http://127.0.0.1:{server.server_port}", (str(host), port))
    server.RequestHandlerClass = _handler(made, lambda asked: allowed(grants, principal, *asked, NOW))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for bucket in buckets:
            made.make(bucket)
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        emulator.stop()


def asked_of(method: str, target: str) -> list[Asked]:
    """What Cloud Storage asks before it does this; nothing for the next part of an upload that was begun."""
    parts = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if match := _COPY.fullmatch(parts.path):
        source, name, target_bucket, target_name = map(unquote, match.groups())
        return [_object("get", source, name), _object("create", target_bucket, target_name)]
    if match := _OBJECT.fullmatch(parts.path):
        verb = {"GET": "get", "DELETE": "delete", "PATCH": "update", "PUT": "update"}[method]
        return [_object(verb, *map(unquote, match.groups()))]
    if match := _OBJECTS.fullmatch(parts.path):
        if match[1]:
            return [] if method == "PUT" else [_object("create", match[2], query["name"])]
        return [("storage.objects.list", _listed(match[2], query.get("prefix", "")))]
    match = _BUCKET.fullmatch(parts.path)
    assert match is not None, target
    return [("storage.buckets.get", f"projects/_/buckets/{match[1]}")]


def _object(verb: str, bucket: str, name: str) -> Asked:
    return f"storage.objects.{verb}", f"projects/_/buckets/{bucket}/objects/{name}"


def _listed(bucket: str, prefix: str) -> str:
    """The innermost folder that everything with this prefix lies in; the bucket where there is none."""
    folder = prefix.rpartition("/")[0]
    return f"projects/_/buckets/{bucket}/managedFolders/{folder}" if folder else f"projects/_/buckets/{bucket}"


def _part_of(
    wanted: str | None, status: int, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """An answer, or the bytes of it that a request's header ``Range`` names."""
    match = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", wanted or "")
    if status != 200 or match is None:
        return status, headers, body
    first, last = int(match[1]), min(int(match[2] or len(body)), len(body) - 1)
    known = {name: value for name, value in headers.items() if name.lower() != "x-goog-hash"}
    return 206, {**known, "Content-Range": f"bytes {first}-{last}/{len(body)}"}, body[first : last + 1]


def _handler(made: Store, is_allowed: Callable[[Asked], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            denied = [asked for asked in asked_of(self.command, self.path) if not is_allowed(asked)]
            if denied:
                made.denied.extend(denied)
                self._answer(403, {}, b'{"error": {"code": 403, "message": "denied"}}')
                return
            passed = {name: value for name, value in self.headers.items() if name.lower() not in _BETWEEN_TWO}
            part = passed.pop("Range", None)  # which the emulator does not know
            connection = http.client.HTTPConnection(*made.direct)
            connection.request(self.command, self.path, body, {**passed, "Connection": "close"})
            answer = connection.getresponse()
            self._answer(*_part_of(part, answer.status, dict(answer.getheaders()), answer.read()))
            connection.close()

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _BETWEEN_TWO:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's
            """Say nothing."""

    return Handler
