"""Event → function."""

from chassis.routing import Routes
from contracts.events.collection import ArrearsReported
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed

from eligibility_service.handlers.arrears import on_arrears_reported
from eligibility_service.handlers.residents import on_residents_changed, on_residents_sealed
from eligibility_service.store.residents import POSITIONS

ROUTES = Routes(
    {
        on_residents_changed: (ResidentChanged,),
        on_residents_sealed: (ResidentsBatchSealed,),
        on_arrears_reported: (ArrearsReported,),
    },
    own_positions={"resident": POSITIONS},
)
