"""A stand-in for a service: the same command line and health answer, nothing else.

`test_services.py` copies it to `X_service/__main__.py`.
"""

import http.server
import os
import sys
from pathlib import Path


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        sys.stderr.write(f"{format % arguments}\n")


def main(arguments: list[str]) -> None:
    owner = "KOKI_OWNER_DATABASE_URL" in os.environ
    sys.stdout.write(f"{os.environ['KOKI_SERVICE']} {' '.join(arguments)} owner={owner}\n")
    if arguments[0] == "migrate" and Path(os.environ["KOKI_OBJECT_STORE"], "broken").exists():
        sys.exit("the migration is broken")
    if arguments[0] == "job":
        sys.exit(int(arguments[-1]))
    if arguments[0] == "all":
        http.server.HTTPServer((os.environ["KOKI_HTTP_HOST"], int(os.environ["KOKI_HTTP_PORT"])), Health).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
