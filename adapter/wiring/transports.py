"""Which client speaks to the prison system."""

from __future__ import annotations

from adapter.clock import Clock
from adapter.log import tracing
from nomis_client import NomisSettings, Observer, PrisonSystem


def make_prison_system(settings: NomisSettings, observer: Observer, clock: Clock) -> PrisonSystem:
    """The transport that the settings name, on the service's clock."""
    if settings.transport == "soap":
        from nomis_client import soap

        return soap.make(settings, observer=observer, now=clock.now, tracer=tracing.Calls())
    from nomis_client import rest

    return rest.make(settings, observer=observer, now=clock.now, tracer=tracing.Calls())


def address(settings: NomisSettings) -> str:
    """Where the prison system is: what the database remembers as its own."""
    return settings.soap.url if settings.transport == "soap" else settings.base_url
