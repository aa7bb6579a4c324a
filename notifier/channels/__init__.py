"""The channels, by name."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

from notifier.port import Channel
from notifier.settings import MailSettings


def make(settings: MailSettings, console: TextIO | None = None) -> Mapping[str, Channel]:
    """Every channel that `settings` can serve: `smtp` always, the visitors' one, and Notify wherever it has a key."""
    raise NotImplementedError(settings, console or sys.stdout)
