"""The whole tree of settings, as handed down by the command line."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from adapter.config.api import ApiSettings
from adapter.config.book import PrisonBook
from adapter.config.decision import DecisionSettings
from adapter.config.operation import LogSettings, MetricsSettings, StaffSettings, TracingSettings, WorkerSettings
from adapter.config.prisons import PrisonTable
from adapter.config.section import Section
from adapter.config.store import StoreSettings
from nomis_client.settings import NomisSettings
from notifier.settings import MailSettings


class Sections(Section):
    """Every section but the prisons."""

    api: ApiSettings = ApiSettings()
    store: StoreSettings = StoreSettings()
    nomis: NomisSettings = NomisSettings()
    decision: DecisionSettings = DecisionSettings()
    worker: WorkerSettings = WorkerSettings()
    mail: MailSettings = MailSettings()
    staff: StaffSettings = StaffSettings()
    metrics: MetricsSettings = MetricsSettings()
    tracing: TracingSettings = TracingSettings()
    log: LogSettings = LogSettings()


class Tree(Sections):
    """Everything that a configuration may say, as it is written there."""

    include: tuple[str, ...] = ()
    prisons: dict[str, PrisonTable] = Field(default_factory=dict)


class Settings(Sections):
    """What the service runs with."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    prisons: PrisonBook = PrisonBook()

    @property
    def staff_listener(self) -> tuple[str, int]:
        """Host and port of the staff pages; equal to the API's where they share its listener."""
        return self._listener(self.staff.host, self.staff.port)

    @property
    def metrics_listener(self) -> tuple[str, int]:
        """Host and port of the metrics; equal to the API's where they share its listener."""
        return self._listener(self.metrics.host, self.metrics.port)

    def _listener(self, host: str | None, port: int | None) -> tuple[str, int]:
        return self.api.host if host is None else host, self.api.port if port is None else port
