"""Leave the machine's network as it was: an engine adds chains and rules, and bridges when it is cut short, and never takes them away."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FORWARDING: Final = Path("/proc/sys/net/ipv4/ip_forward")
_COMMANDS: Final = ("iptables", "ip6tables")

Rules = dict[str, list[str]]
"""Lines of iptables-save, by table."""


@contextlib.contextmanager
def kept_as_it_was() -> Iterator[None]:
    """Take back every rule, chain, policy, bridge and forwarding switch that something inside this block has set and left."""
    forwarding = _FORWARDING.read_text()
    bridges = _bridges()
    before = {command: _saved(command) for command in _COMMANDS if shutil.which(f"{command}-save")}
    try:
        yield
    finally:
        for command, rules in before.items():
            for undo in undoing(rules, _saved(command)):
                subprocess.run([command, *undo], check=True)
        for bridge in _bridges() - bridges:
            subprocess.run(["ip", "link", "delete", bridge], check=True)
        if _FORWARDING.read_text() != forwarding:
            _FORWARDING.write_text(forwarding)


def undoing(before: Rules, after: Rules) -> list[list[str]]:
    """The arguments of the commands that lead from `after` back to `before`: rules go first, then empty chains, then policies."""
    rules: list[list[str]] = []
    chains: list[list[str]] = []
    policies: list[list[str]] = []
    for table, lines in after.items():
        earlier = before.get(table, [])
        known = {line.split()[0] for line in earlier if line.startswith(":")}
        new = [line for line in lines if line not in earlier]
        for line in new:
            if line.startswith("-A"):
                rules.append(["-t", table, "-D", *shlex.split(line)[1:]])
            elif line.startswith(":") and line.split()[0] not in known:
                chain, policy = line[1:].split()
                if policy == "-":
                    chains.append(["-t", table, "-X", chain])
                elif policy != "ACCEPT":
                    policies.append(["-t", table, "-P", chain, "ACCEPT"])
        for line in earlier:
            if line.startswith(":") and line not in lines and line.split()[1] != "-":
                policies.append(["-t", table, "-P", *line[1:].split()])
    return [*rules, *chains, *policies]


def _bridges() -> set[str]:
    """Bridges of composed networks; an engine names them `br-` and the beginning of the network's id."""
    return {folder.name for folder in Path("/sys/class/net").glob("br-*")}


def _saved(command: str) -> Rules:
    """What `iptables-save` prints, without counters; a table that nobody has touched yet is not named."""
    run = subprocess.run([f"{command}-save"], capture_output=True, text=True, check=False)
    tables: Rules = {}
    lines: list[str] = []
    for line in run.stdout.splitlines():
        if line.startswith("*"):
            lines = tables.setdefault(line[1:], [])
        elif line.startswith(":"):
            lines.append(line.rpartition(" ")[0])
        elif line.startswith("-A"):
            lines.append(line)
    return tables
