"""Who hears of every call to the prison system: the metrics, and for what people should see the log."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.log import events, get_logger
from nomis_client import Observer

_log = get_logger()


@dataclass(frozen=True, slots=True)
class Logging:
    """Passes everything on to `inner`; breakers that change and defects are logged as well."""

    inner: Observer

    def call_ended(self, operation: str, outcome: str, seconds: float) -> None:
        self.inner.call_ended(operation, outcome, seconds)

    def breaker_changed(self, prison: str, kind: str, state: str) -> None:
        self.inner.breaker_changed(prison, kind, state)
        # The look-up of a prisoner who is not yet anybody's names no prison.
        _log.warning(events.BREAKER_CHANGED, prison=prison or None, kind=kind, state=state)

    def defect_seen(self, operation: str, reason: str) -> None:
        self.inner.defect_seen(operation, reason)
        _log.error(events.DEFECT_SEEN, operation=operation, reason=reason)

    def drift_seen(self, operation: str, reason: str) -> None:
        self.inner.drift_seen(operation, reason)
