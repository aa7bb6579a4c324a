"""The channels, by name."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

from notifier.channels.console import ConsoleChannel
from notifier.channels.notify import NotifyChannel
from notifier.channels.smtp import SmtpChannel
from notifier.port import Channel
from notifier.settings import MailSettings


def make(settings: MailSettings, console: TextIO | None = None) -> Mapping[str, Channel]:
    """Every channel that `settings` can serve: `smtp` always, the visitors' one, and Notify wherever it has a key."""
    channels: list[Channel] = [SmtpChannel(settings)]
    if settings.govuk_notify.has_key:
        channels.append(NotifyChannel(settings.govuk_notify))
    if settings.visitor_channel == "console":
        channels.append(ConsoleChannel(console or sys.stdout, settings.from_name))
    return {channel.name: channel for channel in channels}
