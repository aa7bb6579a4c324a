"""The WS-Security header: who we are, proven by a digest that is good for one request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml.etree import _Element
from pydantic import SecretStr
from zeep.wsse.username import UsernameToken
from zeep.wsse.utils import WSU, get_security_header, get_timestamp

LIFETIME = timedelta(minutes=5)
"""How long a request is good for; the service takes none that lives longer."""


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: SecretStr

    def add_to(self, envelope: _Element, now: datetime) -> None:
        """Sign one request; must be done afresh for each try, since a nonce that was seen is refused."""
        now = now.astimezone(UTC)
        lifetime = WSU.Timestamp(
            WSU.Created(get_timestamp(now, zulu_timestamp=True)),
            WSU.Expires(get_timestamp(now + LIFETIME, zulu_timestamp=True)),
        )
        token = UsernameToken(
            self.username,
            self.password.get_secret_value(),
            use_digest=True,
            created=now,
            timestamp_token=lifetime,
            zulu_timestamp=True,
        )
        token.apply(envelope, {})
        envelope_namespace = envelope.tag[1:].partition("}")[0]
        get_security_header(envelope).set(f"{{{envelope_namespace}}}mustUnderstand", "1")
