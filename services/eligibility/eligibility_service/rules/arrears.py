"""滞納による措置: what the law lets follow from a premium that has stayed unpaid for a year."""

from __future__ import annotations

from enum import StrEnum

from chassis.law import in_force, rule


class Remedy(StrEnum):
    """措置."""

    STATUS_CERTIFICATE = "status_certificate"
    SPECIAL_MEDICAL = "special_medical"


@in_force("2008-04-01", "2024-12-02", law="高齢者の医療の確保に関する法律 第54条(令和6年12月1日まで)")
def status_certificate() -> Remedy:
    """被保険者資格証明書: the card is given back, and the whole cost is paid first."""
    return Remedy.STATUS_CERTIFICATE


@in_force("2024-12-02", law="高齢者の医療の確保に関する法律 第82条(令和6年12月2日施行)")
def special_medical() -> Remedy:
    """特別療養費: after a notice the whole cost is paid first; there is no certificate for it any more."""
    return Remedy.SPECIAL_MEDICAL


arrears_remedy = rule("arrears_remedy", status_certificate, special_medical)
