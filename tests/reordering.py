"""A server in front of a sandbox that shows the same records, every list in it the other way round when asked to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import requests


@dataclass
class Mirror:
    """Where it listens, and whether it turns lists round."""

    url: str = ""
    turned: bool = False


def turn(value: Any) -> Any:
    """Return a JSON value with each of its lists the other way round."""
    if isinstance(value, list):
        return [turn(item) for item in reversed(value)]
    if isinstance(value, dict):
        return {key: turn(item) for key, item in reversed(value.items())}
    return value


@contextmanager
def mirror_of(target: str) -> Iterator[Mirror]:
    """Serve what the server at `target` serves."""
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {k: v for k, v in self.headers.items() if k.lower() in ("cookie", "content-type")}
            got = requests.request(
                self.command, target + self.path, data=body, headers=kept, allow_redirects=False, timeout=30
            )
            content = got.content
            if mirror.turned and content:
                content = json.dumps(turn(json.loads(content))).encode()
            self.send_response(got.status_code)
            for name in ("Content-Type", "Set-Cookie"):
                if name in got.headers:
                    self.send_header(name, got.headers[name])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - names that http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mirror.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield mirror
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
