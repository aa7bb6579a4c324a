"""How files and the environment become settings."""

from __future__ import annotations

from pathlib import Path

from adapter.config import load

SHIPPED = Path(__file__).parents[2] / "config.toml"


def test_the_shipped_configuration_runs_as_it_is() -> None:
    settings = load([SHIPPED], {})
    assert [prison.key for prison in settings.prisons.all()] == ["CFI", "LEI", "LCI"]
    assert all(prison.in_use and prison.real_time for prison in settings.prisons.all())
    assert settings.nomis.base_url == "http://127.0.0.1:8090/nomisapi"
