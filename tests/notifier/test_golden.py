"""Every message as it stands, word by word: a change of any shows here.

To write the files afresh after a change that was meant, and then to read the difference:

    REWRITE_GOLDEN=1 .venv/bin/python -m pytest tests/notifier/test_golden.py -n 0
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from notifier import Audience, MessageKind, compose
from notifier.content import Language
from notifier.samples import sample

TODAY = date(2026, 11, 23)
GOLDEN = Path(__file__).parent / "golden"
EVERY: list[tuple[MessageKind, Language]] = [
    (kind, language)
    for kind in MessageKind
    for language in (("en", "cy") if kind.audience is Audience.VISITOR else ("en",))
]


def _files(kind: MessageKind, language: Language) -> dict[str, str]:
    message = compose(kind, sample(kind, language, TODAY))
    name = f"{kind.value}.{language}"
    files = {f"{name}.txt": f"Subject: {message.subject}\n\n{message.text}", f"{name}.html": message.html}
    if message.calendar is not None:
        files[f"{name}.ics"] = message.calendar.decode().replace("\r\n", "\n")
    if message.personalisation:
        files[f"{name}.notify.md"] = message.personalisation["body"]
    return files


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_messages_are_as_they_were(kind: MessageKind, language: Language) -> None:
    for name, content in _files(kind, language).items():
        if os.environ.get("REWRITE_GOLDEN"):
            (GOLDEN / name).write_text(content, encoding="utf-8")
        assert content == (GOLDEN / name).read_text(encoding="utf-8"), f"{name} differs; see this file's docstring"


def test_there_are_no_others() -> None:
    wanted = {name for kind, language in EVERY for name in _files(kind, language)}
    assert {path.name for path in GOLDEN.iterdir()} == wanted
