"""名簿: what stands on each list, as of any two days, for whom; and its files, read back."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

from chassis.clock import JAPAN
from chassis.database import driver
from chassis.testing import SAMPLE_DAY, Databases
from pypdf import PdfReader

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.pdf import pages_of
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident
from services.eligibility.tests.world import World

OWN = frozenset({CHIYODA})
ALL = None


async def listed(window: Window, kind: str, *, of: frozenset[str] | None = OWN, **wanted: Any) -> dict[str, Any]:
    role = "union_staff" if of is None else "window_clerk"
    query = {"municipality": CHIYODA, **{name: str(value) for name, value in wanted.items()}}
    answer = await window.client.get(f"/lists/{kind}", headers=window.as_(role, of=of), params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def made(window: Window, kind: str, form: str, *, key: str = "key-00000001", **wanted: Any) -> dict[str, Any]:
    headers = {**window.as_("window_clerk", of=OWN), "Idempotency-Key": key}
    body = {"municipality": CHIYODA, "form": form, "place": "千代田区", **{name: str(value) for name, value in wanted.items()}}
    answer = await window.client.post(f"/lists/{kind}/files", headers=headers, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def content(window: Window, found: dict[str, Any], number: int = 1) -> bytes:
    answer = await window.client.get(f"/lists/files/{found['list_id']}/{number}", headers=window.as_("window_clerk", of=OWN))
    assert answer.status_code == 200, answer.text
    return answer.content


async def recorded(world: World, number: int, day: date) -> None:
    """Let what is known of a resident now have been known since `day`."""
    moment = datetime(day.year, day.month, day.day, 9, tzinfo=JAPAN)
    async with world.units.open() as uow:
        raw = await driver(uow.connection)
        for table in ("resident", "qualification"):
            await raw.execute(f"UPDATE {table} SET recorded_from = $1 WHERE resident_number = $2", moment, f"{number:015d}")


async def test_the_ledger_is_listed_by_number_or_by_name_as_of_any_two_days(databases: Databases, keys: Path) -> None:
    """E-11."""
    async with a_window(databases, keys) as window:
        world = window.world
        await world.hear(resident(1, name="後期　花子", name_kana="コウキ　ハナコ"))
        await world.hear(resident(2, name="東京　太郎", name_kana="アズマ　タロウ", sex="1"))
        await world.hear(resident(3, born_on=date(1951, 7, 13)))
        await recorded(world, 1, date(2026, 6, 1))
        await recorded(world, 2, date(2026, 6, 10))
        await world.hear(resident(1, 2, status="3", changed_on=date(2026, 7, 10), ended_on=date(2026, 7, 10), name="後期　梅子"))

        async def numbers(**wanted: Any) -> list[str]:
            return [row["resident_number"][-1] for row in (await listed(window, "ledger", **wanted))["rows"]]

        assert await numbers() == ["2", "3"], "of today: the one who died on the 10th is insured no more"
        assert await numbers(valid_on="2026-07-10") == ["1", "2"], "the day of death still counts"
        assert await numbers(valid_on="2026-07-10", order="name") == ["2", "1"]
        assert await numbers(valid_on=SAMPLE_DAY, known_on="2026-06-30") == ["1", "2"], "the death was not known in June"
        assert await numbers(valid_on=SAMPLE_DAY, known_on="2026-06-05") == ["1"]
        assert await numbers(valid_on=SAMPLE_DAY, known_on="2026-05-31") == []
        (row,) = [row for row in (await listed(window, "ledger", valid_on="2026-07-10"))["rows"] if row["resident_number"].endswith("1")]
        assert (row["name"], row["lost_on"], row["loss_reason"]) == ("後期　梅子", "2026-07-11", "死亡")
        (then,) = (await listed(window, "ledger", valid_on="2026-07-09", known_on="2026-06-05"))["rows"]
        assert (then["name"], then["lost_on"]) == ("後期　花子", None)


async def test_every_event_of_a_period_is_listed_in_order_and_what_was_cancelled_is_struck(databases: Databases, keys: Path) -> None:
    """E-12."""
    died: dict[str, Any] = {"status": "3", "changed_on": date(2026, 7, 1), "ended_on": date(2026, 7, 1), "change_reason": "40"}
    async with a_window(databases, keys) as window:
        world = window.world
        await world.hear(resident(1))
        await world.hear(resident(1, 2, **died))
        await world.hear(resident(1, 3, change_reason="72", changed_on=date(2026, 7, 2)))
        await world.hear(resident(1, 4, change_reason="20", changed_on=date(2026, 7, 3), address_number="2番2号"))
        await world.hear(resident(2))
        await world.hear(resident(2, 2, change_reason="72", born_on=date(1980, 5, 5), changed_on=date(2026, 7, 4)))
        await world.hear(resident(3, born_on=date(1990, 1, 1)))
        today = (await world.value("SELECT max(recorded_from) FROM qualification")).astimezone(JAPAN).date()

        found = await listed(window, "changes", first_day=today, last_day=today)
        before = await listed(window, "changes", first_day="2020-01-01", last_day="2020-12-31")

        told = [(row["resident_number"][-1], row["event"], row["reason"], row["cancelled"]) for row in found["rows"]]
        assert told == [
            ("1", "資格取得", "75歳到達", ""),
            ("1", "資格喪失", "死亡", "取消済み"),
            ("1", "喪失の取消", "職権修正", ""),
            ("1", "住所変更", "転居", ""),
            ("2", "資格取得", "75歳到達", "取消済み"),
            ("2", "取得の取消", "職権修正", ""),
            ("2", "生年月日の訂正", "職権修正", ""),
        ]
        loss = found["rows"][1]
        assert (loss["before"], loss["after"]) == ("取得 2015-05-05", "取得 2015-05-05 喪失 2026-07-02 死亡")
        move = found["rows"][3]
        assert (move["before"][-4:], move["after"][-4:], move["effective_on"]) == ("1番1号", "2番2号", "2026-07-03")
        assert before["rows"] == []


async def test_people_of_75_are_listed_by_the_month_and_those_certified_before_apart(databases: Databases, keys: Path) -> None:
    """E-13: 29 February is reached on 1 March; somebody insured by 障害認定 stands in a group of their own, whoever left in none."""
    async with a_window(databases, keys) as window:
        world = window.world
        births = {1: date(1951, 7, 1), 2: date(1951, 7, 31), 3: date(1951, 6, 30), 4: date(1951, 8, 1), 5: date(1951, 7, 10)}
        for number, born in births.items():
            await world.hear(resident(number, born_on=born))
        await world.hear(resident(6, born_on=date(1951, 7, 5), status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))
        await world.hear(resident(7, born_on=date(1952, 2, 29)))
        async with world.units.open() as uow:
            await (await driver(uow.connection)).execute(
                "UPDATE qualification SET acquired_on = '2020-04-01', acquisition_ground = 'disability' WHERE resident_number = $1",
                f"{5:015d}",
            )

        july = await listed(window, "reached", first_day="2026-07-01", last_day="2026-07-31")
        february, march = [
            await listed(window, "expected", first_day=first, last_day=last)
            for first, last in (("2027-02-01", "2027-02-28"), ("2027-03-01", "2027-03-31"))
        ]

        assert [(row["resident_number"][-1], row["group"], row["reached_on"]) for row in july["rows"]] == [
            ("1", "75歳到達", "2026-07-01"), ("2", "75歳到達", "2026-07-31"), ("5", "障害認定により被保険者", "2026-07-10"),
        ]  # fmt: skip
        assert (february["rows"], [row["reached_on"] for row in march["rows"]]) == ([], ["2027-03-01"])


async def test_whoever_will_be_75_is_listed_in_the_month_before(databases: Databases, keys: Path) -> None:
    """E-15."""
    async with a_window(databases, keys) as window:
        for number, born in {1: date(1951, 8, 1), 2: date(1951, 8, 31), 3: date(1951, 9, 1)}.items():
            await window.world.hear(resident(number, born_on=born))
        await window.world.hear(
            resident(1, 2, born_on=date(1951, 8, 1), status="2", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1))
        )

        august = await listed(window, "expected", first_day="2026-08-01", last_day="2026-08-31")

        assert [(row["resident_number"][-1], row["group"]) for row in august["rows"]] == [("2", "75歳到達予定")]


async def test_an_unknown_birthday_is_marked_on_the_list(databases: Databases, keys: Path) -> None:
    """T-05."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1, born_on=date(1935, 7, 1), born_on_unknown_text="昭和10年頃"))

        assert (await listed(window, "ledger"))["rows"][0]["born_on"] == "昭和10年頃（不詳）"


async def test_no_list_shows_the_address_of_a_protected_person(databases: Databases, keys: Path) -> None:
    """E-30, I-39: on the screen, on paper and in the file. Without `_withheld` in store/lists.py the address stood on all three."""
    async with a_window(databases, keys) as window:
        world = window.world
        await world.hear(resident(1, address_number="秘1番"), resident(4, address_number="2番", household_number="000000000000009"))
        await world.hear(resident(1, 2, address_number="秘2番", changed_on=date(2026, 7, 1), change_reason="20"))
        async with world.units.open() as uow:
            await (await driver(uow.connection)).execute(_PROTECT, CHIYODA, f"{1:015d}")
        today = (await world.value("SELECT max(recorded_from) FROM resident")).astimezone(JAPAN).date()

        ledger = (await listed(window, "ledger"))["rows"]
        moves = [row for row in (await listed(window, "changes", first_day=today, last_day=today))["rows"] if row["event"] == "住所変更"]
        files = [await content(window, await made(window, "ledger", form, key=f"key-{form}-1")) for form in ("csv", "csv_cp932")]
        paper = "".join(pages_of(await content(window, await made(window, "ledger", "pdf", key="key-pdf-001"))))

        assert ["秘" in row["address"] or "2番" in row["address"] for row in ledger] == [False, True]
        assert [(row["before"], row["after"]) for row in moves] == [("支援措置により表示できません",) * 2]
        assert "秘" not in files[0].decode() + files[1].decode("cp932") + paper
        assert "2番" in paper


_PROTECT = """
INSERT INTO address_protection (protection_id, municipality_code, resident_number, revision, applicant, ground, expires_on, remark, kept_by,
                                valid_during, recorded_during)
VALUES (gen_random_uuid(), $1, $2, 1, '本人', 'domestic_violence', '2027-03-31', '', 'tester', '[2026-04-01,)', tstzrange(now(), NULL))
"""


async def test_clerks_see_the_own_municipality_and_the_union_all(databases: Databases, keys: Path) -> None:
    """Without `may_see` in `_asked` the clerk's other municipality was answered with an empty list, and its file could be asked for."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1), resident(1, municipality=HACHIOJI, name_kana="ベツノ　ヒト"))
        clerk = {**window.as_("window_clerk", of=OWN), "Idempotency-Key": "key-00000001"}
        everybody = {**window.as_("union_staff", of=ALL), "Idempotency-Key": "key-00000002"}

        for municipality in (HACHIOJI, "*"):
            body = {"municipality": municipality, "form": "csv", "place": "全域"}
            assert (await window.client.get("/lists/ledger", headers=clerk, params={"municipality": municipality})).status_code == 403
            assert (await window.client.post("/lists/ledger/files", headers=clerk, json=body)).status_code == 403
        whole = (await window.client.get("/lists/ledger", headers=everybody, params={"municipality": "*"})).json()
        of_all = await window.client.post(
            "/lists/ledger/files", headers=everybody, json={"municipality": "*", "form": "csv", "place": "全域"}
        )

        assert (whole["total"], of_all.status_code) == (2, 201)
        assert (await window.client.get("/lists/files", headers=clerk)).json() == []
        assert (await window.client.get(f"/lists/files/{of_all.json()['list_id']}/1", headers=clerk)).status_code == 404


async def test_a_period_that_ends_before_it_begins_is_refused(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        query = {"municipality": CHIYODA, "first_day": "2026-07-02", "last_day": "2026-07-01"}

        answer = await window.client.get("/lists/changes", headers=window.as_("window_clerk", of=OWN), params=query)

        assert (answer.status_code, answer.json()["code"]) == (422, "KOKI-E060")


async def test_the_pdf_shows_every_row_with_page_numbers_days_and_totals(databases: Databases, keys: Path) -> None:
    """E-11: read back from the PDF: 53 people on three pages, each number once, and the totals at the end."""
    async with a_window(databases, keys) as window:
        await window.world.hear(*(resident(number, sex="12"[number % 2]) for number in range(1, 53)))
        await window.world.hear(resident(53, name="髙﨑　葛󠄁子", name_kana="タカサキ　カツコ"))

        found = await made(window, "ledger", "pdf", valid_on=SAMPLE_DAY)

        pdf = await content(window, found)
        pages = pages_of(pdf)
        numbers = [row["insured_number"] + row["resident_number"] for row in await window.world.ledger()]
        assert (found["state"], found["rows"], found["marked"], found["parts"]) == ("ready", 53, 0, [{"number": 1, "rows": 53, "pages": 3}])
        assert [f"{page}/3ページ" in text for page, text in enumerate(pages, start=1)] == [True, True, True]
        assert all("令和8年7月13日に資格のある人" in text and "令和8年7月13日作成" in text and "千代田区" in text for text in pages)
        assert [sum(number in text for text in pages) for number in numbers] == [1] * 53
        assert "合計53件（女27・男26）" in pages[2]
        assert "合計" not in pages[0]
        box = PdfReader(io.BytesIO(pdf)).pages[0].mediabox
        assert (round(box.width), round(box.height)) == (842, 595)


async def test_a_name_that_cannot_be_printed_is_marked_and_keeps_nobody_else_back(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1, name="後期　●子"), resident(2))

        found = await made(window, "ledger", "pdf")

        text = pages_of(await content(window, found))[0]
        assert (found["marked"], "●" in text, text.count("後期花子")) == (1, False, 1)
        assert "※" in text


async def test_a_csv_is_safe_for_a_spreadsheet_in_either_encoding(databases: Databases, keys: Path) -> None:
    """Without the apostrophe in chassis.documents.spreadsheet the formula stood bare, and this test failed."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(1, name='=HYPERLINK("x")', address_building="＋あ"), resident(2, name="髙﨑　𠮷子"))

        utf8 = await content(window, await made(window, "ledger", "csv"))
        cp932_list = await made(window, "ledger", "csv_cp932", key="key-00000002")
        cp932 = await content(window, cp932_list)

        assert utf8.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(utf8.decode("utf-8-sig"), newline="")))
        assert rows[0][:3] == ["被保険者番号", "宛名番号", "氏名"]
        assert [row[2] for row in rows[1:]] == ['\'=HYPERLINK("x")', "髙﨑　𠮷子"]
        assert [row[0] for row in rows[1:]] == [row["insured_number"] for row in await window.world.ledger()]
        assert cp932_list["marked"] == 1
        assert [row[2] for row in csv.reader(io.StringIO(cp932.decode("cp932"), newline=""))][2] == "髙﨑　〓子"
