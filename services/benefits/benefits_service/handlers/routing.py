"""What benefits hears, and which function applies it. Read this first."""

from chassis.routing import Routes
from contracts.events.eligibility import InsuredAcquired, InsuredBatchSealed, InsuredChanged, InsuredLost

from benefits_service.handlers.insured import on_insured, on_insured_batch_sealed
from benefits_service.store import insured

ROUTES = Routes(
    {
        on_insured: (InsuredAcquired, InsuredChanged, InsuredLost),
        on_insured_batch_sealed: (InsuredBatchSealed,),
    },
    own_positions={"insured": insured.POSITIONS},
)
