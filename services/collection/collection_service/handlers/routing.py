"""What collection hears, and which function applies it. Read this first."""

from chassis.routing import Routes
from contracts.events.eligibility import AddressProtected, InsuredAcquired, InsuredBatchSealed, InsuredChanged, InsuredLost
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed
from contracts.events.premium import AssessmentsBatchSealed, DeferralDecided, PremiumAssessed, RemissionDecided

from collection_service.handlers.assessments import on_assessments_batch_sealed, on_premiums_assessed
from collection_service.handlers.insured import on_insured, on_insured_batch_sealed
from collection_service.handlers.protections import on_addresses_protected
from collection_service.handlers.remissions import on_deferrals_decided, on_remissions_decided
from collection_service.handlers.residents import on_residents_batch_sealed, on_residents_changed
from collection_service.store import addressees, charges, insured, remissions

ROUTES = Routes(
    {
        on_residents_changed: (ResidentChanged,),
        on_residents_batch_sealed: (ResidentsBatchSealed,),
        on_addresses_protected: (AddressProtected,),
        on_insured: (InsuredAcquired, InsuredChanged, InsuredLost),
        on_insured_batch_sealed: (InsuredBatchSealed,),
        on_premiums_assessed: (PremiumAssessed,),
        on_assessments_batch_sealed: (AssessmentsBatchSealed,),
        on_remissions_decided: (RemissionDecided,),
        on_deferrals_decided: (DeferralDecided,),
    },
    own_positions={
        "resident": addressees.POSITIONS,
        "insured": insured.POSITIONS,
        "assessment": charges.POSITIONS,
        "remission": remissions.REMISSIONS,
        "deferral": remissions.DEFERRALS,
    },
)
