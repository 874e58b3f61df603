"""Which function hears which event: the municipalities' door files, the print log cards, the worklist cases, the screens protections."""

from chassis.routing import Routes
from contracts.events import eligibility, premium

from gateway_service.handlers.down_files import on_files_for_municipalities
from gateway_service.handlers.protections import on_addresses_protected
from gateway_service.handlers.work import on_cases, on_certificates_issued

ROUTES = Routes(
    {
        on_files_for_municipalities: (eligibility.QualificationFileSealed, eligibility.ExpectedInsuredFileSealed),
        on_certificates_issued: (eligibility.CertificateIssued,),
        on_addresses_protected: (eligibility.AddressProtected,),
        on_cases: (premium.CaseRaised, premium.CaseClosed, eligibility.CaseRaised, eligibility.CaseClosed),
    }
)
