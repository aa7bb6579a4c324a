"""The sections about running it: `[worker]`, `[staff]`, `[metrics]`, `[tracing]`, `[log]`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from adapter.config.section import Port, Seconds, Section


class WorkerSettings(Section):
    """The background work of each process."""

    concurrency: int = Field(default=16, ge=1)
    poll: Seconds = 0.5
    max_claims: int = Field(default=5, ge=1)
    reconcile_period: Seconds = 3600.0
    shutdown_grace: Seconds = 25.0


class StaffSettings(Section):
    """The staff pages. Without `host` or `port` they are served on the API's listener."""

    host: str | None = None
    port: Port | None = None
    public_url: str = ""
    link_key_file: Path = Path("var/link.keys")
    link_days: int = Field(default=60, ge=1)


class MetricsSettings(Section):
    """Where Prometheus reads. Without `host` or `port`: on the API's listener."""

    host: str | None = None
    port: Port | None = None


class TracingSettings(Section):
    """Spans sent over OTLP/HTTP; off unless asked for."""

    enabled: bool = False
    endpoint: str = "http://127.0.0.1:4318/v1/traces"
    service_name: str = "prison-visits-adapter"
    sample_ratio: float = Field(default=1.0, ge=0, le=1)


class LogSettings(Section):
    """One line per event on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"
