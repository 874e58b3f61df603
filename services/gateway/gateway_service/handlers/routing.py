"""Which function hears which event: the municipalities' door hears files, the print log hears cards, the worklist hears cases."""

from chassis.routing import Routes
from contracts.events import eligibility, premium

from gateway_service.handlers.down_files import on_qualification_files
from gateway_service.handlers.work import on_cases, on_certificates_issued

ROUTES = Routes(
    {
        on_qualification_files: (eligibility.QualificationFileSealed,),
        on_certificates_issued: (eligibility.CertificateIssued,),
        on_cases: (premium.CaseRaised, premium.CaseClosed, eligibility.CaseRaised, eligibility.CaseClosed),
    }
)
