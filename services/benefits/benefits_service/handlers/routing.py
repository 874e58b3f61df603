"""What benefits hears, and which function applies it. Read this first."""

from chassis.routing import Routes
from contracts.events.eligibility import (
    CopayRateDecided,
    CopayRatesBatchSealed,
    InsuredAcquired,
    InsuredBatchSealed,
    InsuredChanged,
    InsuredLost,
)

from benefits_service.handlers.copay_rates import on_copay_rates, on_copay_rates_sealed
from benefits_service.handlers.insured import on_insured, on_insured_batch_sealed
from benefits_service.store import copay_rates, insured

ROUTES = Routes(
    {
        on_insured: (InsuredAcquired, InsuredChanged, InsuredLost),
        on_insured_batch_sealed: (InsuredBatchSealed,),
        on_copay_rates: (CopayRateDecided,),
        on_copay_rates_sealed: (CopayRatesBatchSealed,),
    },
    own_positions={"insured": insured.POSITIONS, "copay_rate": copay_rates.POSITIONS},
)
