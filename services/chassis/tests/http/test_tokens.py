"""Signed internal tokens: only what the gateway's key signed, for us, not too long ago, lets somebody in."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from chassis.tokens import AUDIENCE, LIFETIME_SECONDS, NotAuthentic, Principal, Signer, Verifier
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

NOW = 1_784_000_000
CLERK = Principal("clerk", frozenset({"window_clerk"}), frozenset({"131016", "133086"}), "窓口1")


def key_files(folder: Path, name: str = "token") -> tuple[Path, Path]:
    """A new key pair: (private, public)."""
    key = OKPKey.generate_key("Ed25519")
    private, public = folder / f"{name}.private.pem", folder / f"{name}.public.pem"
    private.write_bytes(key.as_pem(private=True))
    public.write_bytes(key.as_pem(private=False))
    return private, public


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return key_files(tmp_path_factory.mktemp("keys"))


def _signed(keys: tuple[Path, Path], **changes: Any) -> str:
    claims: dict[str, Any] = {
        "aud": AUDIENCE,
        "sub": "clerk",
        "roles": ["window_clerk"],
        "municipalities": "131016",
        "terminal": "",
        "exp": NOW + 60,
    }
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode({"alg": "Ed25519"}, claims, OKPKey.import_key(keys[0].read_text()), algorithms=["Ed25519"])


@pytest.mark.parametrize(
    "who",
    [
        CLERK,
        Principal("operator", frozenset({"operator", "auditor"}), None),
        Principal("nobody's clerk", frozenset(), frozenset()),
    ],
    ids=lambda who: who.user,
)
def test_who_was_signed_is_who_is_read(keys: tuple[Path, Path], who: Principal) -> None:
    assert Verifier(keys[1]).principal(Signer(keys[0]).sign(who, now=NOW), now=NOW) == who


def test_a_token_is_good_for_two_minutes_also_when_it_was_seen_before(keys: tuple[Path, Path]) -> None:
    token, verifier = Signer(keys[0]).sign(CLERK, now=NOW), Verifier(keys[1])
    assert LIFETIME_SECONDS == 120
    assert verifier.principal(token, now=NOW + 120) == CLERK
    with pytest.raises(NotAuthentic, match="expired"):
        verifier.principal(token, now=NOW + 121)


def test_a_token_of_another_key_is_refused(keys: tuple[Path, Path], tmp_path: Path) -> None:
    other, _ = key_files(tmp_path)
    with pytest.raises(NotAuthentic, match="BadSignature"):
        Verifier(keys[1]).principal(Signer(other).sign(CLERK, now=NOW), now=NOW)


def test_a_token_whose_words_were_changed_is_refused(keys: tuple[Path, Path]) -> None:
    header, words, signature = Signer(keys[0]).sign(CLERK, now=NOW).split(".")
    claims = json.loads(base64.urlsafe_b64decode(words + "=="))
    more = base64.urlsafe_b64encode(json.dumps({**claims, "municipalities": "*"}).encode()).decode().rstrip("=")
    with pytest.raises(NotAuthentic):
        Verifier(keys[1]).principal(f"{header}.{more}.{signature}", now=NOW)


def test_a_token_without_a_signature_or_with_a_shared_secret_is_refused(keys: tuple[Path, Path]) -> None:
    """The public key is known to every service: as the secret of a HMAC it must not open anything."""
    _, words, _ = Signer(keys[0]).sign(CLERK, now=NOW).split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    claims = json.loads(base64.urlsafe_b64decode(words + "=="))
    by_hmac = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(keys[1].read_bytes().hex()), algorithms=["HS256"])
    for token in (f"{unsigned}.{words}.", by_hmac):
        with pytest.raises(NotAuthentic):
            Verifier(keys[1]).principal(token, now=NOW)


@pytest.mark.parametrize(
    ("fault", "changes"),
    [
        ("another audience", {"aud": "somebody else"}),
        ("no audience", {"aud": None}),
        ("no scope", {"municipalities": None}),
        ("no end", {"exp": None}),
        ("an end that is no number", {"exp": "tomorrow"}),
        ("a scope that is no text", {"municipalities": ["131016"]}),
        ("no roles", {"roles": None}),
    ],
)
def test_a_token_of_our_key_with_a_fault_is_refused(keys: tuple[Path, Path], fault: str, changes: dict[str, Any]) -> None:
    verifier = Verifier(keys[1])
    assert verifier.principal(_signed(keys), now=NOW).user == "clerk"
    with pytest.raises(NotAuthentic):
        verifier.principal(_signed(keys, **changes), now=NOW)


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.b.c", "🂡.🂡.🂡", "." * 5])
def test_a_text_that_is_no_token_is_refused(keys: tuple[Path, Path], text: str) -> None:
    with pytest.raises(NotAuthentic):
        Verifier(keys[1]).principal(text, now=NOW)


def test_a_principal_sees_the_own_municipalities_or_the_whole_union() -> None:
    assert CLERK.may_see("131016")
    assert not CLERK.may_see("132012")
    assert Principal("u", frozenset(), None).may_see("132012")
