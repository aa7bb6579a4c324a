"""A mail as the sink keeps it, and what can be read in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property


@dataclass(frozen=True)
class Mail:
    """One mail that arrived, as it was on the wire."""

    id: int  # 1, 2, … in order of arrival
    received_at: datetime
    sender: str  # of the envelope
    recipients: tuple[str, ...]  # of the envelope
    content: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """Its headers and parts."""
        return message_from_bytes(self.content, policy=default)

    def header(self, name: str) -> str:
        """Decoded; empty where there is none."""
        return str(self.message.get(name, ""))

    @property
    def text(self) -> str:
        """The plain form, empty where there is none."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML form, empty where there is none."""
        return self._body("html")

    @property
    def calendar(self) -> str:
        """The first calendar part, empty where there is none."""
        for part in self.message.walk():
            if part.get_content_type() == "text/calendar":
                return str(part.get_content())
        return ""

    def to_json(self) -> dict[str, object]:
        """What `GET /mails` says of it."""
        return {
            "id": self.id,
            "received_at": self.received_at.isoformat(),
            "sender": self.sender,
            "recipients": list(self.recipients),
            "from": self.header("From"),
            "to": self.header("To"),
            "reply_to": self.header("Reply-To"),
            "subject": self.header("Subject"),
            "kind": self.header("X-Message-Kind"),
            "visit_id": self.header("X-Visit-Id"),
            "message_id": self.header("Message-ID").strip(),
            "in_reply_to": self.header("In-Reply-To").strip(),
            "text": self.text,
            "html": self.html,
            "calendar": self.calendar,
        }

    def _body(self, form: str) -> str:
        part = self.message.get_body(preferencelist=(form,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
