"""What the broker holds before any service speaks: users, permissions and the two doors of the municipalities.

The definitions are one JSON document. A node loads it while it boots (`load_definitions`), and `apply` sends the same
document to a running node, so that a municipality can be added without a restart. Both ways are idempotent.

Who may do what (regular expressions of RabbitMQ, `configure / write / read`):

- a service: its own names (`premium.…`) in all three; it also reads `X.events` of the owners it hears, because a binding needs
  read on the source exchange and write on the destination queue;
- the gateway: also reads `municipal.intake` and writes `municipal.answers`;
- a municipality: writes `municipal.intake` with routing keys that begin with its own code, reads its own answer queue, nothing else;
- `monitor`: sees queues and nodes through the management API, cannot read a message.

Nobody but the administrator may write to the default exchange: it reaches every queue, and so it would undo all of the above.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

VHOST: Final = "koki"
SERVICES: Final = ("eligibility", "premium", "benefits", "collection", "statistics", "gateway")
SAMPLE_MUNICIPALITIES: Final = ("131016", "132012", "133086")
ADMINISTRATOR: Final = "koki-administrator"
MONITOR: Final = "monitor"

INTAKE_EXCHANGE: Final = "municipal.intake"
INTAKE_QUEUE: Final = "gateway.intake"
ANSWERS_EXCHANGE: Final = "municipal.answers"

HEARS: Final[Mapping[str, tuple[str, ...]]] = {
    "eligibility": ("gateway", "collection"),
    "premium": ("gateway", "eligibility", "collection", "premium"),
    "benefits": ("gateway", "eligibility"),
    "collection": ("gateway", "eligibility", "premium"),
    "statistics": ("gateway", "eligibility", "premium", "benefits", "collection"),
    "gateway": ("eligibility", "premium", "benefits", "collection", "statistics"),
}
"""Whose `<owner>.events` exchange each service may bind to."""

_NOTHING: Final = "^$"


def municipality_user(code: str) -> str:
    """The broker user of a municipality; `code` is the 6-digit 全国地方公共団体コード."""
    if not re.fullmatch(r"[0-9]{6}", code):
        raise ValueError(f"municipality code {code!r} is not six digits: give the code with its check digit, such as 131016")
    return f"municipality-{code}"


def answers_queue(code: str) -> str:
    """The queue in which a municipality finds acknowledgements and error lists."""
    return f"{ANSWERS_EXCHANGE}.{code}"


def broker_users(municipalities: Iterable[str]) -> tuple[str, ...]:
    """Every user name that `build` needs a password for."""
    return (ADMINISTRATOR, MONITOR, *SERVICES, *(municipality_user(code) for code in municipalities))


def build(passwords: Mapping[str, str], municipalities: Iterable[str]) -> dict[str, Any]:
    """The definitions document for `municipalities` (6-digit codes); `passwords` maps each name of `broker_users` to its password.

    Without a password for ADMINISTRATOR that user is left out: a broker that somebody else runs has its own.
    """
    codes = tuple(municipalities)
    administrators = [ADMINISTRATOR] if ADMINISTRATOR in passwords else []
    return {
        "users": [_user(name, passwords, tags=["administrator"]) for name in administrators]
        + [_user(MONITOR, passwords, tags=["monitoring"])]
        + [_user(service, passwords) for service in SERVICES]
        + [_user(municipality_user(code), passwords) for code in codes],
        "vhosts": [{"name": VHOST}],
        "permissions": [
            *(_permission(name, configure=".*", write=".*", read=".*") for name in administrators),
            _permission(MONITOR),
            *(_service_permission(service) for service in SERVICES),
            *(_permission(municipality_user(code), write=r"^municipal\.intake$", read=f"^municipal\\.answers\\.{code}$") for code in codes),
        ],
        "topic_permissions": [_own_routing_keys_only(code) for code in codes],
        "policies": [_keep_what_cannot_be_delivered()],
        "exchanges": [_exchange(INTAKE_EXCHANGE, "topic"), _exchange(ANSWERS_EXCHANGE, "direct")],
        "queues": [_quorum_queue(INTAKE_QUEUE), *(_quorum_queue(answers_queue(code)) for code in codes)],
        "bindings": [
            _binding(INTAKE_EXCHANGE, INTAKE_QUEUE, "#"),
            *(_binding(ANSWERS_EXCHANGE, answers_queue(code), code) for code in codes),
        ],
    }


def apply(management_url: str, definitions: Mapping[str, Any]) -> None:
    """Send the definitions to a running node; `management_url` carries the administrator's name and password.

    Raises httpx.HTTPError when the node refuses or cannot be reached.
    """
    url = httpx.URL(management_url)
    with httpx.Client(base_url=url.copy_with(userinfo=b""), auth=(url.username, url.password), timeout=30, trust_env=False) as client:
        client.post("/api/definitions", json=definitions).raise_for_status()


def queue_depths(management_url: str) -> dict[str, int]:
    """Messages in each queue of the vhost, ready and unacknowledged together."""
    url = httpx.URL(management_url)
    with httpx.Client(base_url=url.copy_with(userinfo=b""), auth=(url.username, url.password), timeout=10, trust_env=False) as client:
        answer = client.get(f"/api/queues/{quote(VHOST, safe='')}", params={"columns": "name,messages"})
    answer.raise_for_status()
    return {queue["name"]: int(queue.get("messages", 0)) for queue in answer.json()}


def password_hash(password: str, salt: bytes | None = None) -> str:
    """RabbitMQ's `rabbit_password_hashing_sha256`: base64 of a 4-byte salt and SHA-256 of salt and password."""
    salt = secrets.token_bytes(4) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _user(name: str, passwords: Mapping[str, str], tags: list[str] | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": password_hash(passwords[name]),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": tags or [],
    }


def _permission(user: str, configure: str = _NOTHING, write: str = _NOTHING, read: str = _NOTHING) -> dict[str, str]:
    return {"user": user, "vhost": VHOST, "configure": configure, "write": write, "read": read}


def _service_permission(service: str) -> dict[str, str]:
    own = rf"^{service}\."
    heard = "|".join(HEARS[service])
    read = rf"{own}|^({heard})\.events$"
    if service == "gateway":
        return _permission(service, configure=own, write=rf"{own}|^municipal\.answers$", read=rf"{read}|^municipal\.intake$")
    return _permission(service, configure=own, write=own, read=read)


def _own_routing_keys_only(code: str) -> dict[str, str]:
    """The broker itself refuses a message of one municipality about another: the routing key begins with the sender's code."""
    return {"user": municipality_user(code), "vhost": VHOST, "exchange": INTAKE_EXCHANGE, "write": rf"^{code}\.", "read": _NOTHING}


def _keep_what_cannot_be_delivered() -> dict[str, Any]:
    """After fifty failed deliveries a message goes to `gateway.dead`, and stays where it is until that exchange takes it."""
    return {
        "vhost": VHOST,
        "name": "municipal-doors",
        "pattern": r"^(gateway\.intake|municipal\.answers\..+)$",
        "apply-to": "queues",
        "priority": 10,
        "definition": {
            "delivery-limit": 50,
            "dead-letter-exchange": "gateway.dead",
            "dead-letter-strategy": "at-least-once",
            "overflow": "reject-publish",
        },
    }


def _exchange(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "vhost": VHOST, "type": kind, "durable": True, "auto_delete": False, "internal": False, "arguments": {}}


def _quorum_queue(name: str) -> dict[str, Any]:
    return {"name": name, "vhost": VHOST, "durable": True, "auto_delete": False, "arguments": {"x-queue-type": "quorum"}}


def _binding(source: str, queue: str, routing_key: str) -> dict[str, Any]:
    return {
        "source": source,
        "vhost": VHOST,
        "destination": queue,
        "destination_type": "queue",
        "routing_key": routing_key,
        "arguments": {},
    }
