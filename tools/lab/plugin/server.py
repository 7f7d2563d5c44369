"""The quota server: an HTTP server on the loopback interface that answers or rejects the requests of the plugin."""

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs

from conformance.json_type import Json
from conformance.simulation.quota import Rejection

LOOPBACK = "127.0.0.1"
TOKEN_SECONDS = 3_599
Decide = Callable[[int, str], tuple[Rejection | None, float]]
ANSWER = {
    "response": {"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}
}


class QuotaServer:
    """Asks `decide` about each request: its number and account, for the rejection and the latency in milliseconds.

    The latency is virtual: the answer is sent at once, with the time after which the plugin gets it.
    """

    def __init__(self, decide: Decide) -> None:
        self.decide = decide

    def __enter__(self) -> Self:
        decide = self.decide

        class Handler(_Handler):
            def rejection(self, number: int, label: str) -> tuple[Rejection | None, float]:
                return decide(number, label)

        self.http = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    @property
    def port(self) -> int:
        return int(self.http.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def rejection(self, number: int, label: str) -> tuple[Rejection | None, float]:
        raise NotImplementedError

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if self.path == "/token":
            (label,) = parse_qs(body)["refresh_token"]
            self._send(200, {"access_token": f"access-{label}", "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}, 0)
            return
        label = self.headers["authorization"].removeprefix("Bearer access-")
        (number,) = set(re.findall(r"request-(\d+)\.", body))
        rejection, latency_ms = self.rejection(int(number), label)
        if rejection is None:
            self._send(200, ANSWER, latency_ms, stream=True)
        else:
            self._send(429, _error(rejection), latency_ms)

    def _send(self, status: int, document: Json, latency_ms: float, *, stream: bool = False) -> None:
        text = json.dumps(document)
        content = (f"data: {text}\n\n" if stream else text).encode()
        self.send_response(status)
        self.send_header("content-type", "text/event-stream" if stream else "application/json")
        self.send_header("content-length", str(len(content)))
        self.send_header("x-latency-ms", f"{latency_ms:.0f}")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


def _error(rejection: Rejection) -> Json:
    """The body of a 429, as Google's servers write it."""
    google = "type.googleapis.com/google.rpc"
    details: list[Json] = [{"@type": f"{google}.ErrorInfo", "reason": rejection.reason}]
    if rejection.retry_after_ms:
        details.append({"@type": f"{google}.RetryInfo", "retryDelay": f"{rejection.retry_after_ms / 1000}s"})
    return {"error": {"code": 429, "message": "limited", "status": "RESOURCE_EXHAUSTED", "details": details}}
