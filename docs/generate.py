"""Writes the pages that are made from the code. `python docs/generate.py`; tests compare them."""

from __future__ import annotations

from pathlib import Path

from adapter.config import reference as configuration
from adapter.log import reference as log_events
from adapter.metrics import reference as metrics

DOCS = Path(__file__).parent


def main() -> None:
    shipped = (DOCS.parent / "config.toml").read_text(encoding="utf-8")
    pages = {
        "configuration.md": configuration.page(shipped),
        "log-events.md": log_events.page(),
        "metrics.md": metrics.page(),
    }
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
