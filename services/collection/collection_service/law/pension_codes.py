"""サイトのコード表 of the exchange with the pension payers: codes that are not published, as this site has them."""

from __future__ import annotations

from chassis.problems import Problem
from contracts.layouts.site_codes import SiteCodes, load_site_codes

from collection_service import settings
from collection_service.rules.pensions import PensionKind


def site_codes() -> SiteCodes:
    """The code table of this site. Problem (KOKI-C050) where the site has none: codes that are not published are never guessed."""
    found = settings.current()
    if found.pension_codes is not None:
        return load_site_codes(found.pension_codes)
    if found.sample_data:
        return load_site_codes("sample")
    raise Problem(
        503, "KOKI-C050", "特別徴収の情報交換のコード表がありません。",
        "国民健康保険中央会のコード表から作り、設定 KOKI_PENSION_CODES で指定してください。",
    )  # fmt: skip


def pension_kinds() -> dict[str, PensionKind]:
    """年金コード → what kind of pension it is."""
    return {code: PensionKind[entry.role.upper()] for code, entry in site_codes().pension.items()}
