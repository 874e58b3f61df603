"""Which function hears which event: the print log hears cards, the worklist hears cases."""

from chassis.routing import Routes
from contracts.events.eligibility import CertificateIssued
from contracts.events.premium import CaseClosed, CaseRaised

from gateway_service.handlers.work import on_cases, on_certificates_issued

ROUTES = Routes({on_certificates_issued: (CertificateIssued,), on_cases: (CaseRaised, CaseClosed)})
