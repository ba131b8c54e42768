"""What things cost: a service in another language, of which only HTTP is known outside."""

import json
import os
import signal
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRICES = {"chair": 49, "lamp": 19, "sofa": 399}


class Prices(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out at once, not one behind the acknowledgement of the other.
    wbufsize = -1

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, {"status": "pass"})
        sku = self.path.removeprefix("/prices/")
        if sku not in PRICES:
            return self.answer(404, {"error": f"no price of {sku}"})
        if sku == "sofa":
            time.sleep(1.1)
        self.answer(200, {"sku": sku, "price": PRICES[sku]})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.wfile.flush()

    def log_message(self, *_):
        """The bridge keeps note of every call."""


def tell_bridge(method, body=None):
    env = os.environ
    request = urllib.request.Request(
        f"{env['BRIDGE_URL']}/services/{env['SERVICE']}/instances/{env['INSTANCE']}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {env['BRIDGE_KEY']}",
            "Content-Type": "application/json",
        },
    )
    urllib.request.urlopen(request, timeout=10).close()


def stop(*_):
    tell_bridge("DELETE")
    sys.exit(0)


server = ThreadingHTTPServer(("127.0.0.1", 0), Prices)
tell_bridge(
    "PUT",
    {
        "address": "127.0.0.1",
        "port": server.server_port,
        "version": "1.1.0",
        "capabilities": ["prices.read"],
        "check": {"http": "/health", "interval_ms": 1000},
    },
)
signal.signal(signal.SIGTERM, stop)
server.serve_forever()
