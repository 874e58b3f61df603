"""Signed internal tokens: the gateway says for two minutes who asks, in which role and for which municipalities; services check."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

AUDIENCE = "koki-internal"
LIFETIME_SECONDS = 120


class NotAuthentic(Exception):
    """The token is missing, forged, for somebody else or too old."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `municipalities` is None for the whole union, else the codes whose people may be seen."""

    user: str
    roles: frozenset[str]
    municipalities: frozenset[str] | None
    terminal: str = ""

    def may_see(self, municipality_code: str) -> bool:
        return self.municipalities is None or municipality_code in self.municipalities


class Signer:
    """The gateway's side; the private key is the gateway's alone."""

    def __init__(self, key_file: Path) -> None:
        self._key = OKPKey.import_key(key_file.read_text())

    def sign(self, principal: Principal, *, now: int) -> str:
        """A token for `principal`; `now` in seconds since 1970 UTC."""
        scope = "*" if principal.municipalities is None else ",".join(sorted(principal.municipalities))
        claims = {
            "aud": AUDIENCE,
            "sub": principal.user,
            "roles": sorted(principal.roles),
            "municipalities": scope,
            "terminal": principal.terminal,
            "exp": now + LIFETIME_SECONDS,
        }
        return jwt.encode({"alg": "Ed25519"}, claims, self._key, algorithms=["Ed25519"])


class Verifier:
    """A service's side. The signature of a token is checked once, its age each time."""

    def __init__(self, key_file: Path) -> None:
        self._key = OKPKey.import_key(key_file.read_text())
        self._verified = lru_cache(maxsize=2_000)(self._check)

    def principal(self, token: str, *, now: int) -> Principal:
        """Who asks; NotAuthentic otherwise."""
        principal, expires = self._verified(token)
        if expires < now:
            raise NotAuthentic("The token has expired.")
        return principal

    def _check(self, token: str) -> tuple[Principal, int]:
        try:
            claims = jwt.decode(token, self._key, algorithms=["Ed25519"]).claims
            if claims["aud"] != AUDIENCE:
                raise NotAuthentic("The token is for somebody else.")
            scope = claims["municipalities"]
            municipalities = None if scope == "*" else frozenset(code for code in scope.split(",") if code)
            return Principal(claims["sub"], frozenset(claims["roles"]), municipalities, claims["terminal"]), int(claims["exp"])
        except (JoseError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise NotAuthentic(f"The token is not valid: {type(error).__name__}.") from error
