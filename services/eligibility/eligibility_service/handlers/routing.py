"""Event → function."""

from chassis.routing import Routes
from contracts.events.collection import ArrearsReported
from contracts.events.municipal import (
    CardHoldingsBatchSealed,
    IncomeDetermined,
    IncomesBatchSealed,
    ResidentChanged,
    ResidentsBatchSealed,
)

from eligibility_service.handlers.arrears import on_arrears_reported
from eligibility_service.handlers.card_holdings import on_card_holdings_sealed
from eligibility_service.handlers.incomes import on_incomes_determined, on_incomes_sealed
from eligibility_service.handlers.residents import on_residents_changed, on_residents_sealed
from eligibility_service.store import incomes, residents

ROUTES = Routes(
    {
        on_residents_changed: (ResidentChanged,),
        on_residents_sealed: (ResidentsBatchSealed,),
        on_incomes_determined: (IncomeDetermined,),
        on_incomes_sealed: (IncomesBatchSealed,),
        on_card_holdings_sealed: (CardHoldingsBatchSealed,),
        on_arrears_reported: (ArrearsReported,),
    },
    own_positions={"resident": residents.POSITIONS, "income": incomes.POSITIONS},
)
