"""Free ports of 127.0.0.1, below the range from which the system takes the ports of outgoing connections."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from infra.local.problems import LocalRunProblem

_LOWEST: Final = 20_000
_USUAL: Final = frozenset({25_672})
_ATTEMPTS: Final = 500


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1 at this port now (connections that are just closing do not count)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(besides: Iterable[int] = ()) -> int:
    """A port that nobody listens on; drawn at random, so that two runs that start together rarely meet."""
    taken = _USUAL | set(besides)
    highest = max(_LOWEST + 1000, _first_port_of_outgoing_connections()) - 1
    for _ in range(_ATTEMPTS):
        port = random.randint(_LOWEST, highest)
        if port not in taken and is_free(port):
            return port
    raise LocalRunProblem(
        f"127.0.0.1 に空いているポートが見つかりません({_LOWEST}から{highest}まで)。使っていないサーバーを止めてください。"
    )


def _first_port_of_outgoing_connections() -> int:
    path = Path("/proc/sys/net/ipv4/ip_local_port_range")
    return int(path.read_text().split()[0]) if path.exists() else 32_768
