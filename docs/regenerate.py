"""Makes the generated parts of the pages on the booking rules anew: `python docs/regenerate.py`."""

from __future__ import annotations

from pathlib import Path

from booking_rules.pages import refreshed

PAGES = ("rules.md", "life-of-a-visit.md")

if __name__ == "__main__":
    for name in PAGES:
        page = Path(__file__).with_name(name)
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")
