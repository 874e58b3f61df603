"""What premium hears, and which function applies it. Read this first."""

from chassis.routing import Routes
from contracts.events.collection import CollectionMethodDecided
from contracts.events.eligibility import (
    AddressProtected,
    FormerDependantDetermined,
    InsuredAcquired,
    InsuredBatchSealed,
    InsuredChanged,
    InsuredLost,
)
from contracts.events.municipal import IncomeDetermined, IncomesBatchSealed, ResidentChanged, ResidentsBatchSealed
from contracts.events.premium import IncomeReviewed

from premium_service.handlers.collection_methods import on_collection_methods
from premium_service.handlers.former_dependants import on_former_dependants
from premium_service.handlers.income_care import on_incomes_reviewed
from premium_service.handlers.incomes import on_incomes_batch_sealed, on_incomes_determined
from premium_service.handlers.insured import on_insured, on_insured_batch_sealed
from premium_service.handlers.protections import on_addresses_protected
from premium_service.handlers.residents import on_residents_batch_sealed, on_residents_changed
from premium_service.store import collection_methods, former_dependants, incomes, insured, residents

ROUTES = Routes(
    {
        on_residents_changed: (ResidentChanged,),
        on_residents_batch_sealed: (ResidentsBatchSealed,),
        on_addresses_protected: (AddressProtected,),
        on_incomes_determined: (IncomeDetermined,),
        on_incomes_batch_sealed: (IncomesBatchSealed,),
        on_incomes_reviewed: (IncomeReviewed,),
        on_insured: (InsuredAcquired, InsuredChanged, InsuredLost),
        on_insured_batch_sealed: (InsuredBatchSealed,),
        on_former_dependants: (FormerDependantDetermined,),
        on_collection_methods: (CollectionMethodDecided,),
    },
    own_positions={
        "resident": residents.POSITIONS,
        "income": incomes.POSITIONS,
        "insured": insured.POSITIONS,
        "former_dependant": former_dependants.POSITIONS,
        "collection_method": collection_methods.POSITIONS,
    },
)
