"""The WS-Security header: who we are, proven by a digest that is good for one request."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml.etree import _Element
from pydantic import SecretStr
from zeep.wsse.username import UsernameToken
from zeep.wsse.utils import WSU, get_security_header

LIFETIME = timedelta(minutes=5)
"""How long a request is good for; the service takes none that lives longer."""

NONCE_BYTES = 16


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: SecretStr

    def add_to(self, envelope: _Element) -> None:
        """Put in zeep's header, with fields in braces for what `proof` says of each request."""
        lifetime = WSU.Timestamp(WSU.Created("{created}"), WSU.Expires("{expires}"))
        # Without a password of its own zeep takes the digest as it is given; in a name, braces are no fields.
        name = self.username.replace("{", "{{").replace("}", "}}")
        token = UsernameToken(name, password_digest="{digest}", use_digest=True, timestamp_token=lifetime)  # noqa: S106
        token.apply(envelope, {})
        security = get_security_header(envelope)
        for place, field in ((".//{*}Nonce", "{nonce}"), (".//{*}UsernameToken/{*}Created", "{created}")):
            element = security.find(place)
            element.text = field
        envelope_namespace = envelope.tag[1:].partition("}")[0]
        security.set(f"{{{envelope_namespace}}}mustUnderstand", "1")

    def proof(self, now: datetime, nonce: bytes) -> dict[str, str]:
        """The fields of one request; must be made afresh for each try, since a nonce that was seen is refused."""
        created = timestamp(now)
        proven = nonce + created.encode() + self.password.get_secret_value().encode()
        return {
            "nonce": b64encode(nonce).decode(),
            "digest": b64encode(hashlib.sha1(proven).digest()).decode(),  # noqa: S324 - the standard's
            "created": created,
            "expires": timestamp(now + LIFETIME),
        }
