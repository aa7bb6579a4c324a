"""GOV.UK Notify, through its official client (which blocks, so it runs in a thread)."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient
from requests.exceptions import ConnectTimeout, Timeout
from urllib3.exceptions import MaxRetryError, NewConnectionError

from notifier.envelopes import Envelope
from notifier.errors import DeliveryFailed, NoAnswer, OurOutage, Permanent, Temporary
from notifier.messages import Message
from notifier.settings import NotifySettings

_REFUSED_FOR_GOOD: Final = "permanent-failure"
_NOT_SENT: Final = frozenset({"technical-failure", "temporary-failure"})
_THREADS: Final = 16


class NotifyChannel:
    """A `Channel`. The words are ours; a template there holds `((subject))` and `((body))`, or uses single facts."""

    name: Final = "notify"

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        # Of its own: a Notify that hangs would take those in which the process looks up every server's name.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="notify")

    def prepare(self, message: Message, envelope: Envelope) -> bytes:
        """JSON: template, personalisation, and the id of the reply-to address where Notify has this one."""
        reply_to = self._settings.reply_to.get(envelope.reply_to)
        order = {
            "template_id": self._settings.template_id(message.kind, message.language),
            "personalisation": dict(message.personalisation),
            "email_reply_to_id": str(reply_to) if reply_to else None,
        }
        return json.dumps(order, ensure_ascii=False, sort_keys=True).encode()

    async def deliver(self, payload: bytes, recipient: str, message_id: str, asked: bool) -> None:
        """See `Channel`. A repeat first looks for the message id among the references that Notify knows."""
        order = json.loads(payload)
        await asyncio.get_running_loop().run_in_executor(
            self._threads, self._deliver, order, recipient, message_id, asked
        )

    async def check(self) -> None:
        """Ask for our templates, to see that the key works. Raises `OurOutage`, `Temporary` or `NoAnswer`."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._check)

    def _check(self) -> None:
        try:
            self._client().get_all_templates(template_type="email")
        except APIError as error:
            raise _why_not_asked(error) from None

    def _deliver(self, order: dict[str, Any], recipient: str, message_id: str, asked: bool) -> None:
        client = self._client()
        if asked and self._arrived(client, message_id):
            return
        try:
            client.send_email_notification(email_address=recipient, reference=message_id, **order)
        except APIError as error:
            raise _why_not_sent(error) from None

    def _client(self) -> NotificationsAPIClient:
        """A fresh one each time: it isn't thread-safe, and the key may have been changed."""
        try:
            key = self._settings.api_key_text()
            return NotificationsAPIClient(key, base_url=self._settings.base_url, timeout=self._settings.timeout)
        except (OSError, AssertionError):
            raise OurOutage("notify key missing") from None

    def _arrived(self, client: NotificationsAPIClient, message_id: str) -> bool:
        """True if Notify has taken this message and not given up on it by itself."""
        try:
            known = client.get_all_notifications(template_type="email", reference=message_id)
            states = {notification["status"] for notification in known["notifications"]}
        except APIError as error:
            raise _why_not_asked(error) from None
        except (KeyError, TypeError):
            raise NoAnswer("notify look-up not understood") from None
        if states - _NOT_SENT - {_REFUSED_FOR_GOOD}:
            return True
        if _REFUSED_FOR_GOOD in states:
            raise Permanent("notify permanent-failure")
        return False


def _why_not_sent(error: APIError) -> DeliveryFailed:
    if error.response is None:
        return _no_response(error)
    status = error.status_code
    if status == 400:
        return Permanent("notify 400")
    if status == 429 or status >= 500:
        return Temporary(f"notify {status}")
    if status < 300:
        return NoAnswer("notify reply not understood")
    return OurOutage(f"notify {status}")


def _why_not_asked(error: APIError) -> DeliveryFailed:
    """The earlier try is as unknown as before, whatever the look-up says; only who must act differs."""
    if error.response is None:
        return _no_response(error)
    status = error.status_code
    if 300 <= status < 500 and status != 429:
        return OurOutage(f"notify look-up {status}")
    return NoAnswer(f"notify look-up {status}")


def _no_response(error: APIError) -> DeliveryFailed:
    cause = error.__cause__
    if isinstance(cause, ConnectTimeout) or _never_connected(cause):
        return OurOutage("notify can't be reached")
    return NoAnswer("notify timed out" if isinstance(cause, Timeout) else "notify connection lost")


def _never_connected(error: BaseException | None) -> bool:
    """Refused, or its name is unknown: no byte of the request has left."""
    wrapped = error.args[0] if error is not None and error.args else None
    return isinstance(wrapped, MaxRetryError) and isinstance(wrapped.reason, NewConnectionError)
