"""The web process under bin/up: uvicorn on a socket that the supervisor holds.

Usage: python -m launch.web --descriptor N. Since the socket outlives the process, connections made
while it is started again wait instead of being refused.
"""

import argparse
import socket
import sys
from importlib import import_module

import uvicorn

STOP_SECONDS = 8
SWITCH_SECONDS = 0.001
"""How long a thread may keep the event loop from the interpreter; Python's own 5 ms delay first tokens."""


def main() -> None:
    """Serve config.asgi on the inherited socket until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--descriptor", type=int, required=True)
    listening = socket.socket(fileno=parser.parse_args().descriptor)
    application = import_module("config.asgi").application  # before the event loop runs: it asks the database
    sys.setswitchinterval(SWITCH_SECONDS)
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=STOP_SECONDS,
        ws_max_size=64 * 1024,
        ws_ping_interval=20,
        ws_ping_timeout=20,
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
