"""What is signed, each for one purpose: links to a visit and to a queue, forms, and who somebody said they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from itsdangerous import BadSignature, URLSafeSerializer

from adapter.booking.staffing_views import Member
from adapter.clock import Clock

Purpose = Literal["visit", "queue", "form", "member"]
FORM_FOR = timedelta(hours=12)
MEMBER_FOR = timedelta(hours=12)


class BadToken(Exception):
    """Not signed by us, for something else, or damaged."""


class ExpiredToken(BadToken):
    """It was ours, and its time is over."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link names: a visit's or a prison's id, and (as a digest) the mailbox that it was sent to."""

    subject: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class Form:
    """What a form was made for: an action on a visit as of a version, on the page of one link, for one session."""

    visit_id: str
    version: int
    page: str
    session: str


class Signer:
    """Signs and reads tokens. `keys`: the first signs, all verify."""

    def __init__(self, keys: Sequence[str], clock: Clock) -> None:
        self._clock = clock
        newest_last = list(reversed(keys))
        purposes: tuple[Purpose, ...] = ("visit", "queue", "form", "member")
        self._serializers = {
            purpose: URLSafeSerializer(
                newest_last, salt=f"prison-visits/staff/{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
            )
            for purpose in purposes
        }

    def link(self, purpose: Literal["visit", "queue"], subject: str, mailbox: str, good_for: timedelta) -> str:
        return self._sign(purpose, [subject, digest(mailbox)], good_for)

    def read_link(self, purpose: Literal["visit", "queue"], token: str) -> Link:
        """Raises `BadToken`, `ExpiredToken`."""
        subject, mailbox = self._read(purpose, token, (str, str))
        return Link(subject, mailbox)

    def form(self, form: Form) -> str:
        return self._sign("form", [form.visit_id, form.version, form.page, form.session], FORM_FOR)

    def read_form(self, token: str) -> Form:
        """Raises `BadToken`, `ExpiredToken`."""
        return Form(*self._read("form", token, (str, int, str, str)))

    def member(self, member: Member) -> str:
        return self._sign("member", [member.name, member.session], MEMBER_FOR)

    def read_member(self, token: str) -> Member:
        """Raises `BadToken`, `ExpiredToken`."""
        return Member(*self._read("member", token, (str, str)))

    def _sign(self, purpose: Purpose, values: list[str | int], good_for: timedelta) -> str:
        signed = self._serializers[purpose].dumps([_seconds(self._clock.now() + good_for), *values])
        return signed if isinstance(signed, str) else signed.decode("ascii")

    def _read(self, purpose: Purpose, token: str, kinds: tuple[type, ...]) -> list[Any]:
        try:
            signed: list[Any] = self._serializers[purpose].loads(token)
        except (BadSignature, UnicodeEncodeError):  # the latter: bytes in a cookie that are no text
            raise BadToken from None
        until, *values = signed
        if len(values) != len(kinds) or not all(isinstance(v, k) for v, k in zip(values, kinds, strict=True)):
            raise BadToken
        if until <= _seconds(self._clock.now()):
            raise ExpiredToken
        return values


def digest(text: str) -> str:
    """Stands for a mailbox or a token inside another token: addresses don't belong in URLs."""
    return hashlib.sha256(text.casefold().encode()).hexdigest()[:20]


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
