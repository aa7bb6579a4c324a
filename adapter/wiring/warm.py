"""What loads when it is first used, used once before the first visitor waits for it."""

from __future__ import annotations

import gc
import sys

from adapter.booking.desk import Desk
from booking_rules.contact_details import normalise_phone
from notifier import MessageKind, compose
from notifier.content import Language
from notifier.envelopes import envelope_for
from notifier.samples import sample

_LANGUAGES: tuple[Language, ...] = ("en", "cy")


def warm_up(desk: Desk) -> None:
    """Load bank holidays, patterns of phone numbers, templates, makers of messages. Takes a second; sends nothing."""
    today, letters = desk.today(), desk.letters
    desk.holidays(today)
    normalise_phone("(01632) 960001")  # written so that the library is asked
    for kind in MessageKind:
        channel = letters.channels[letters.mail.channel_for(kind)]
        for language in _LANGUAGES:
            facts = sample(kind, language, today)
            channel.prepare(compose(kind, facts), envelope_for(kind, facts, letters.mail, 1))


_YOUNG = 20_000
"""New objects between two looks for cycles; Python's own 700 are made by every few lines of a request."""
_TURN = 0.001
"""Seconds for which a busy thread may go on while another is ready. With Python's own 5 ms a COMMIT that is done waits
three times as long, on a busy event loop, until its thread may say so; and SQLite has one writer."""


def settle() -> None:
    """For a process that stays: what is loaded by now is no garbage, and threads take turns quickly."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG)
    sys.setswitchinterval(_TURN)
