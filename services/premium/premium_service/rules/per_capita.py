"""均等割額 after reduction."""

from __future__ import annotations

from chassis.law import Rate, round_down

ARTICLE = "後期高齢者医療に関する条例（均等割額の軽減）"


def reduced_per_capita(*, per_capita: int, share: Rate, unit: int, mode: str) -> int:
    """軽減後の均等割額: the flat amount less its share, in yen a year.

    The amount taken off is rounded up, so what is left is floored to `unit` yen; with mode `half_up` what is left is rounded to the
    nearest unit (Tottori from FY2023). Law: 施行令 第18条; the rounding is each union's.
    """
    if mode == "half_up":
        left = per_capita * share.complement.numerator * 2 + share.complement.denominator * unit
        return left // (share.complement.denominator * unit * 2) * unit
    if mode != "down":
        raise ValueError(f"Unknown rounding {mode!r} of the reduced flat amount: it is down or half_up.")
    return round_down(share.complement.of(per_capita), to=unit, law=ARTICLE)
