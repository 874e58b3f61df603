"""The only place where the parts of the gateway are put together."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chassis.consumer import is_transient
from chassis.runtime import Runtime, Service

from gateway_service.api import (
    access_log_screens,
    applications,
    approvals,
    assessment_ledgers,
    certificate_acts,
    certificate_lists,
    characters,
    collection_methods,
    comparisons,
    console,
    console_intake,
    console_traces,
    copay_rates,
    corrections,
    counts,
    desk,
    documents,
    down_files,
    duplicates,
    file_board,
    income_care,
    ledger_lists,
    lists,
    migration,
    municipal,
    municipal_characters,
    not_found,
    notices,
    operations_api,
    payments,
    pension_board,
    people_json,
    person,
    printed_notices,
    rate_tables,
    refunds,
    registers,
    sign_in,
    static_files,
    surveys,
    traces,
    trials,
    window,
    worklist,
)
from gateway_service.handlers.calendar import watch_files
from gateway_service.handlers.change_consumer import consume_changes
from gateway_service.handlers.files import process_files
from gateway_service.handlers.routing import ROUTES
from gateway_service.seed import seed
from gateway_service.store import spans

FORGET_SPANS_SECONDS = 600


async def forget_spans(runtime: Runtime) -> None:
    """Keep the traces of two days."""
    while True:
        try:
            await spans.forget_old(runtime.engine, runtime.clock.now())
        except Exception as error:
            if not is_transient(error):
                raise
        await asyncio.sleep(FORGET_SPANS_SECONDS)


SERVICE = Service(
    name="gateway",
    title="Koki gateway",
    root=Path(__file__).parents[1],
    routers=(
        down_files.router,  # before municipal: "down" is no intake_id
        municipal.router,
        municipal_characters.router,
        operations_api.router,
        people_json.router,
        traces.router,
        static_files.router,
        sign_in.router,
        window.router,
        documents.router,
        certificate_acts.router,
        collection_methods.router,
        surveys.router,
        refunds.router,
        registers.router,
        duplicates.router,
        characters.router,
        payments.router,
        person.router,
        notices.router,
        corrections.router,
        ledger_lists.router,
        worklist.router,
        copay_rates.router,
        income_care.router,
        applications.router,
        desk.router,
        certificate_lists.router,
        approvals.router,
        file_board.router,
        pension_board.router,
        lists.router,
        assessment_ledgers.router,
        printed_notices.router,
        rate_tables.router,
        migration.router,
        trials.router,
        comparisons.router,
        counts.router,
        access_log_screens.router,
        console_traces.router,
        console_intake.router,
        console.router,
        not_found.router,
    ),
    routes=ROUTES,
    background=(process_files, consume_changes, watch_files, forget_spans),
    seed=seed,
)
