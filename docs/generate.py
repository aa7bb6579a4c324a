"""Writes the pages that are made from the code. `python docs/generate.py`; tests compare them."""

from __future__ import annotations

from pathlib import Path

from adapter.log import reference as log_events
from adapter.metrics import reference as metrics

DOCS = Path(__file__).parent


def main() -> None:
    (DOCS / "log-events.md").write_text(log_events.page())
    (DOCS / "metrics.md").write_text(metrics.page())


if __name__ == "__main__":
    main()
