"""The service's description, the only one that is ever loaded: `visits.wsdl` beside this file, schema included."""

from __future__ import annotations

from importlib.resources import files

NAMESPACE = "urn:uk:gov:justice:pnomis:visits:v1"
PORTS = {"1.1": "VisitsPort", "1.2": "VisitsPort12"}
ENVELOPES = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}


def wsdl() -> bytes:
    """The description as it is shipped."""
    return files("nomis_client.soap").joinpath("visits.wsdl").read_bytes()


def action(operation: str) -> str:
    """The soapAction of an operation."""
    return f"{NAMESPACE}/{operation}"
