"""Every event: its class, and who hears it. Owner and type stand in the class; a test compares the hearers with each routing table."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.envelope import Event
from contracts.events import collection, eligibility, municipal, premium


@dataclass(frozen=True, slots=True)
class Entry:
    """One event type of the house."""

    model: type[Event]
    heard_by: frozenset[str]


def _entry(model: type[Event], *heard_by: str) -> tuple[str, Entry]:
    return model.type, Entry(model, frozenset(heard_by))


CATALOGUE: dict[str, Entry] = dict(
    [
        _entry(municipal.ResidentChanged, "eligibility", "premium", "collection"),
        _entry(municipal.IncomeDetermined, "eligibility", "premium"),
        _entry(municipal.ResidentsBatchSealed, "eligibility", "premium", "collection"),
        _entry(municipal.IncomesBatchSealed, "eligibility", "premium"),
        _entry(municipal.CardHoldingsBatchSealed, "eligibility"),
        _entry(eligibility.InsuredAcquired, "premium", "collection", "benefits", "statistics"),
        _entry(eligibility.InsuredChanged, "premium", "collection", "benefits", "statistics"),
        _entry(eligibility.InsuredLost, "premium", "collection", "benefits", "statistics"),
        _entry(eligibility.InsuredBatchSealed, "premium", "collection", "benefits", "statistics"),
        _entry(eligibility.QualificationFileSealed, "gateway"),
        _entry(eligibility.ExpectedInsuredFileSealed, "gateway"),
        _entry(eligibility.CertificateIssued, "gateway"),
        _entry(eligibility.CopayRateDecided, "benefits"),
        _entry(eligibility.CopayRatesBatchSealed, "benefits"),
        _entry(eligibility.CaseRaised, "gateway"),
        _entry(eligibility.CaseClosed, "gateway"),
        _entry(eligibility.FormerDependantDetermined, "premium"),
        _entry(eligibility.AddressProtected, "premium", "collection", "gateway"),
        _entry(premium.PremiumAssessed, "collection"),
        _entry(premium.AssessmentsBatchSealed, "collection"),
        _entry(premium.IncomeReviewed, "premium"),
        _entry(premium.RemissionDecided, "collection"),
        _entry(premium.DeferralDecided, "collection"),
        _entry(premium.SpecialRefundDetermined),
        _entry(premium.CaseRaised, "gateway"),
        _entry(premium.CaseClosed, "gateway"),
        _entry(collection.InstalmentsSet),
        _entry(collection.ArrearsReported, "eligibility"),
        _entry(collection.CollectionMethodDecided, "premium"),
    ]
)


def model_of(event_type: str) -> type[Event]:
    """The class of an event type; KeyError names a type that the house does not know."""
    if event_type not in CATALOGUE:
        raise KeyError(f"{event_type} is not in the catalogue of events.")
    return CATALOGUE[event_type].model
