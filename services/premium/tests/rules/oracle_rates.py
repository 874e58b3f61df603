"""Rates of five unions typed once more, as their pages print them: flat amount, income rate in hundredths of a percent, by period.

Kanagawa and Tottori have periods that nobody has read; the union is left out of those years.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass
class Union:
    rates: dict[int, tuple[int, int]]
    child: tuple[int, int]
    low_2024: int
    ten_yen_year_from: int = 9999
    parts_to_ten_yen: bool = False
    half_up_from: int = 9999
    own_cut: list[tuple[int, Fraction]] = field(default_factory=list)
    areas: dict[str, dict[int, tuple[int, int]]] = field(default_factory=dict)


UNIONS = {
    "11": Union(
        rates={2008: (42530, 796), 2010: (40300, 775), 2012: (41860, 825), 2014: (42440, 829), 2016: (42070, 834), 2018: (41700, 786),
               2020: (41700, 796), 2022: (44170, 838), 2024: (45930, 903), 2026: (52370, 949)},
        child=(1330, 25), low_2024=842, parts_to_ten_yen=True,
        areas={"小鹿野町": {2008: (35760, 670), 2010: (36020, 693), 2012: (39640, 782)}},
    ),
    "13": Union(
        rates={2008: (37800, 656), 2010: (37800, 718), 2012: (40100, 819), 2014: (42200, 898), 2016: (42400, 907), 2018: (43300, 880),
               2020: (44100, 872), 2022: (46400, 949), 2024: (47300, 967), 2026: (53300, 988)},
        child=(1300, 26), low_2024=878, own_cut=[(150_000, Fraction(1, 2)), (200_000, Fraction(1, 4))],
    ),
    "14": Union(
        rates={2008: (39860, 745), 2012: (41099, 801), 2014: (42580, 830), 2016: (43429, 866), 2018: (41600, 825), 2020: (43800, 874),
               2022: (43100, 878), 2024: (45900, 1008), 2026: (52531, 1030)},
        child=(1330, 25), low_2024=943, ten_yen_year_from=2017,
    ),
    "27": Union(
        rates={2008: (47415, 868), 2010: (49036, 934), 2012: (51828, 1017), 2014: (52607, 1041), 2016: (51649, 1041), 2018: (51491, 990),
               2020: (54111, 1052), 2022: (54461, 1112), 2024: (57172, 1175), 2026: (64931, 1151)},
        child=(1373, 24), low_2024=1094,
    ),
    "31": Union(
        rates={2012: (40773, 771), 2014: (42480, 807), 2016: (42480, 807), 2020: (42480, 807), 2022: (47436, 910), 2024: (52138, 1064),
               2026: (52138, 1064)},
        child=(1363, 25), low_2024=983, half_up_from=2023,
    ),
}  # fmt: skip


def knows(union: str, year: int) -> bool:
    return year - year % 2 in UNIONS[union].rates
