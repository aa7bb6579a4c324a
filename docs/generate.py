"""Writes the pages, and parts of pages, that are made from the code: `python docs/generate.py`. Tests compare them."""

from __future__ import annotations

from pathlib import Path

from adapter.config import reference as configuration
from adapter.http import reference as http_api
from adapter.log import reference as log_events
from adapter.metrics import reference as metrics
from booking_rules.pages import refreshed
from nomis_client.fake import pages as fake

DOCS = Path(__file__).parent


def main() -> None:
    shipped = _read(DOCS.parent / "config.toml")
    pages = {
        "configuration.md": configuration.page(shipped),
        "http-api.md": http_api.page(),
        "log-events.md": log_events.page(),
        "metrics.md": metrics.page(),
        "rules.md": refreshed(_read(DOCS / "rules.md")),
        "life-of-a-visit.md": refreshed(_read(DOCS / "life-of-a-visit.md")),
        "fake-nomis.md": fake.refreshed(_read(DOCS / "fake-nomis.md")),
    }
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
