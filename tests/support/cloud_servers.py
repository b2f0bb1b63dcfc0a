"""Servers of this machine that speak as the clouds do: AWS (moto), and GCP Secret Manager."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def aws_server() -> Iterator[dict[str, str]]:
    """S3 and Secrets Manager; yields the environment that leads there."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield {**AWS_VARIABLES, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    finally:
        server.stop()


@contextmanager
def google_secrets(secrets: Mapping[str, tuple[int, Any]]) -> Iterator[str]:
    """GCP Secret Manager with a token server beside it; yields its address.

    :param secrets: path below ``/v1/`` -> status and body of the answer; who comes without a token gets 401.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200, {"access_token": "a-token", "expires_in": 3600, "token_type": "Bearer"})

        def do_GET(self) -> None:
            status, body = secrets.get(self.path.removeprefix("/v1/"), (404, {}))
            self._answer(status if self.headers["Authorization"] == "Bearer a-token" else 401, body)

        def _answer(self, status: int, body: Any) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def google_payload(content: bytes) -> dict[str, Any]:
    """The answer of the method ``access``."""
    return {"name": "projects/1/secrets/s/versions/1", "payload": {"data": base64.b64encode(content).decode()}}


def google_credentials(path: Path, address: str) -> Path:
    """A key file of a service account whose tokens come from :func:`google_secrets`."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(65537, 2048)
    document = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": "masker@p.iam.gserviceaccount.com",
        "token_uri": f"{address}/token",
    }
    path.write_text(json.dumps(document))
    return path
