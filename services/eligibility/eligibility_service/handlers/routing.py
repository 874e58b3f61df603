"""Event → function."""

from chassis.routing import Routes
from contracts.events.municipal import CardHoldingsBatchSealed, ResidentChanged, ResidentsBatchSealed

from eligibility_service.handlers.card_holdings import on_card_holdings_sealed
from eligibility_service.handlers.residents import on_residents_changed, on_residents_sealed
from eligibility_service.store.residents import POSITIONS

ROUTES = Routes(
    {
        on_residents_changed: (ResidentChanged,),
        on_residents_sealed: (ResidentsBatchSealed,),
        on_card_holdings_sealed: (CardHoldingsBatchSealed,),
    },
    own_positions={"resident": POSITIONS},
)
