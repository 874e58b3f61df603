"""A day at the window: what a clerk does, with the keyboard, and what he must not see."""

from __future__ import annotations

from typing import Any

from playwright.async_api import BrowserContext, Page, expect

from tests.journeys.browsing import SignIn
from tests.journeys.gateway_process import Installation

TARO = "/people/131016/000000000012345"


async def search(page: Page, **typed: str) -> None:
    """Type into the fields of the search form and press Enter."""
    labels = {"number": "番号", "kana": "氏名（カナ）", "born_on": "生年月日"}
    for name, text in typed.items():
        await page.get_by_label(labels[name], exact=True).fill(text)
    await page.keyboard.press("Enter")


async def test_a_clerk_finds_a_person_by_the_reading_and_sees_every_yen_explained(
    installation: Installation, page: Page, sign_in: SignIn
) -> None:
    await sign_in(page, "chiyoda")
    await search(page, kana="こうじまち")
    await expect(page.get_by_role("status")).to_contain_text("4件見つかりました")
    assert "こうじまち" not in page.url, "what was searched for does not stand in the address"

    await page.get_by_role("link", name="麹町 太郎").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("麹町　太郎")
    await expect(page.locator(".person")).to_contain_text("満81歳")
    await expect(page.locator(".person")).to_contain_text("105,300円")

    await page.get_by_role("link", name="賦課").click()
    await expect(page.locator("section.steps")).to_contain_text("770,000円 × 9.88% = 76,076円")
    await expect(page.locator("section.steps")).to_contain_text("102,700円 + 2,600円 = 105,300円")
    await expect(page.locator("section.steps .tag", has_text="暫定").first).to_be_visible()

    await page.get_by_role("link", name="期別").click()
    await expect(page.locator("table.instalments tbody tr")).to_have_count(8)
    await expect(page.locator("tfoot")).to_contain_text("105,300円")


async def test_a_birth_day_is_read_in_any_style_and_a_wrong_one_is_explained_at_its_field(
    installation: Installation, page: Page, sign_in: SignIn
) -> None:
    await sign_in(page, "chiyoda")
    for typed in ("昭和20年6月1日", "S20.6.1", "3200601", "１９４５－０６－０１"):
        await page.goto(f"{installation.url}/people")
        await search(page, born_on=typed)
        await expect(page.get_by_role("status")).to_contain_text("1件見つかりました")

    await search(page, born_on="昭和64年2月1日")
    await expect(page.get_by_role("alert")).to_contain_text("昭和64年1月7日まで")
    field = page.get_by_label("生年月日", exact=True)
    await expect(field).to_have_value("昭和64年2月1日")
    await expect(field).to_have_attribute("autofocus", "")


async def test_a_card_is_issued_once_after_a_confirmation_and_its_pdf_can_be_opened(
    installation: Installation, page: Page, sign_in: SignIn
) -> None:
    await sign_in(page, "chiyoda")
    await page.goto(f"{installation.url}/people/131016/000000000012346/documents")
    await page.get_by_role("link", name="証を発行する").click()
    await expect(page.get_by_role("alertdialog")).to_contain_text("麹町　花子")
    await page.get_by_role("button", name="発行する").click()

    await expect(page.get_by_role("status")).to_contain_text("後期高齢者医療資格確認書を発行し、保存しました。")
    cards = page.locator("section.card", has_text="交付番号").locator("tbody tr")
    await expect(cards).to_have_count(1)
    pdf = await page.request.get(installation.url + (await cards.get_by_role("link").get_attribute("href") or ""))
    assert (pdf.status, pdf.headers["content-type"]) == (200, "application/pdf")
    assert (await pdf.body()).startswith(b"%PDF")

    await page.get_by_role("link", name="証を発行する").click()
    await expect(page.get_by_role("alertdialog")).to_contain_text("すでに有効な証があります")
    form: dict[str, str | float | bool] = {name: await page.locator(f"input[name={name}]").last.input_value() for name in ("csrf", "key")}
    act = f"{installation.url}/people/131016/000000000012346/documents/issue"
    for _ in range(2):
        await page.request.post(act, form=form)
    await page.reload()
    await page.get_by_role("link", name="やめる").click()
    await expect(cards).to_have_count(2)


async def test_a_card_that_cannot_be_issued_is_refused_with_the_reason_and_nothing_is_saved(
    installation: Installation, page: Page, sign_in: SignIn
) -> None:
    await sign_in(page, "chiyoda")
    await page.goto(f"{installation.url}/people/131016/000000000020002/documents/issue")
    await page.get_by_role("button", name="発行する").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("この人には、いま有効な資格がありません。")
    await expect(page.locator("main")).to_contain_text("何も発行していません。")


async def test_people_of_another_municipality_cannot_be_seen_and_the_attempt_is_in_the_log(
    installation: Installation, context: BrowserContext, page: Page, sign_in: SignIn
) -> None:
    await sign_in(page, "chiyoda")
    for path in ("", "/assessment", "/documents", "/documents/issue", "/documents/notices/2026.pdf"):
        answer = await page.goto(f"{installation.url}/people/132012/000000000099001{path}")
        assert answer is not None
        assert answer.status == 404
        await expect(page.locator("body")).not_to_contain_text("高尾")
    await page.goto(f"{installation.url}/people")
    await search(page, number="00990017")
    await expect(page.get_by_role("status")).to_contain_text("該当する人はいません")

    union = await context.browser.new_page() if context.browser else page  # a profile of its own
    await sign_in(union, "union")
    await union.goto(f"{installation.url}/people/132012/000000000099001/access")
    await expect(union.locator("tbody tr", has_text="拒否").first).to_contain_text("chiyoda")
    await union.close()


async def test_a_name_with_markup_is_shown_as_text(installation: Installation, chromium: Any, sign_in: SignIn) -> None:
    with_scripts = await chromium.new_page()
    await sign_in(with_scripts, "chiyoda")
    await with_scripts.goto(f"{installation.url}/people/131016/000000000020001")

    await expect(with_scripts.get_by_role("heading", level=1)).to_have_text("<script>document.title='broken'</script>")
    assert "broken" not in (await with_scripts.title()).split("｜")[-1]
    assert await with_scripts.locator("main script, .person script").count() == 0
    await with_scripts.close()


async def test_a_screen_shows_the_rest_when_one_service_is_down(installation: Installation, page: Page, sign_in: SignIn) -> None:
    await sign_in(page, "chiyoda")
    await installation.switch("premium", "off")
    try:
        await page.goto(installation.url + TARO)
        await expect(page.get_by_role("status")).to_contain_text("賦課サービスに接続できません")
        await expect(page.locator("main")).to_contain_text("令和2年6月1日")
        await expect(page.locator(".person")).to_contain_text("13,600円")
        await expect(page.locator(".person .sums")).to_contain_text("確認できません")
    finally:
        await installation.switch("premium", "on")

    await installation.switch("eligibility", "off")
    try:
        answer = await page.goto(installation.url + TARO)
        assert answer is not None
        assert answer.status == 503
        await expect(page.locator("main")).to_contain_text("資格サービスに接続できない")
        await expect(page.locator("main")).to_contain_text("追跡番号")
    finally:
        await installation.switch("eligibility", "on")


async def test_the_person_screen_is_walked_with_the_keyboard_alone(installation: Installation, page: Page, sign_in: SignIn) -> None:
    await sign_in(page, "chiyoda")
    await expect(page.get_by_label("番号", exact=True)).to_be_focused()
    await page.keyboard.type("00123456")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(installation.url + TARO)
    for key, heading in (("2", "世帯"), ("3", "令和8年度 年間保険料額"), ("4", "令和8年度の期別"), ("5", "証"), ("6", "履歴")):
        # The key itself is the browser's business, and one that is driven from outside does not pass it on: Tab to its link instead.
        for _ in range(30):
            await page.keyboard.press("Tab")
            if await page.locator(f"a[accesskey='{key}']:focus").count():
                break
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=2).first).to_contain_text(heading)


async def test_history_is_shown_as_it_was_valid_and_known_on_days(installation: Installation, page: Page, sign_in: SignIn) -> None:
    await sign_in(page, "chiyoda")
    await page.goto(f"{installation.url}{TARO}/history")
    rows = page.locator("table.history tbody tr")
    await expect(rows).to_have_count(3)

    await page.get_by_label("この日の内容").fill("H20.1.1")
    await page.get_by_label("この日に知っていた内容").fill("R8.7.11")
    await page.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("訂正前")


async def test_signing_out_ends_the_session_for_every_window(installation: Installation, page: Page, sign_in: SignIn) -> None:
    await sign_in(page, "okutama")
    second = await page.context.new_page()
    await second.goto(f"{installation.url}/people")
    await page.get_by_role("button", name="サインアウト").click()

    await second.goto(f"{installation.url}/worklist")
    await expect(second).to_have_url(f"{installation.url}/sign-in?next=/worklist")
