"""Which function hears which event: the print log hears cards, the worklist hears cases."""

from chassis.routing import Routes
from contracts.events import eligibility, premium

from gateway_service.handlers.work import on_cases, on_certificates_issued

ROUTES = Routes(
    {
        on_certificates_issued: (eligibility.CertificateIssued,),
        on_cases: (premium.CaseRaised, premium.CaseClosed, eligibility.CaseRaised, eligibility.CaseClosed),
    }
)
