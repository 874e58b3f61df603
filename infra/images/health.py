"""Exit 0 when this container's service answers `GET /health` with 200, else 1 with the answer's first line.

Runs every few seconds in six containers on two cores, so it loads nothing but `socket` (about 15 ms of processor time; `urllib` takes five
times that). Started as `python -I -S`, without the product's libraries.
"""

import os
import socket
import sys

port = int(os.environ.get("KOKI_HTTP_PORT", "8000"))
try:
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        status_line = connection.makefile("rb").readline().decode("latin-1").strip()
except OSError as error:
    sys.exit(f"GET /health on port {port}: {error}")
if status_line.split(" ")[1:2] != ["200"]:
    sys.exit(f"GET /health on port {port} answered: {status_line or 'nothing'}")
