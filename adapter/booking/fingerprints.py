"""What makes a request "the same again": keyed hashes of it, so that what is kept tells nothing of the request."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from adapter.booking.views import Fingerprints
from booking_rules.contact_details import normalise_phone
from booking_rules.request import RawPerson, RawPrisoner, RawRequest, VisitRequest, normalise_number, parse_date
from booking_rules.slots import Slot


@dataclass(frozen=True, slots=True)
class NormalForm:
    """A request as it is compared with others: each value as it would be kept. Language and key order don't count."""

    text: str


class Fingerprinter:
    """Makes fingerprints with HMAC-SHA256 under one secret `key`: another key knows none of the earlier requests."""

    def __init__(self, key: bytes) -> None:
        assert len(key) >= 16, "a guessable key would let the hashes be searched"
        self._key = key

    def of(
        self,
        *,
        caller: str,
        idempotency_key: str | None,
        request_id: str | None,
        body: Mapping[str, object],
        normal: NormalForm | None,
    ) -> Fingerprints:
        """The fingerprints of one request of `caller` (the credential's name; equal requests of others are others').

        `request_id` is the one the client sent, None where it sent none. With an Idempotency-Key only that counts.
        """
        body_digest = self._digest("body", caller, canonical(body))
        if idempotency_key is not None:
            return Fingerprints(self._digest("key", caller, idempotency_key), None, None, body_digest)
        return Fingerprints(
            key=None,
            rid=self._digest("rid", caller, request_id, body_digest) if request_id is not None else None,
            same=self._digest("same", caller, normal.text) if normal is not None else None,
            body=body_digest,
        )

    def _digest(self, *parts: str) -> str:
        # As a JSON list, so that no two different lists of parts give the same bytes.
        return hmac.new(self._key, json.dumps(parts).encode("ascii"), hashlib.sha256).hexdigest()


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def canonical(value: object) -> str:
    """JSON with sorted keys and without blanks: equal for equal values."""
    return _canonical.encode(value)


def normal_form(prison_id: str, request: VisitRequest) -> NormalForm:
    """Of a request that has been checked. `prison_id` is the configured one."""
    prisoner = request.prisoner
    return _form(
        prison_id,
        (prisoner.first_name, prisoner.last_name, prisoner.date_of_birth.isoformat(), prisoner.number),
        [(person.first_name, person.last_name, person.date_of_birth.isoformat()) for person in request.visitors],
        request.email,
        request.phone,
        [str(slot) for slot in request.choices],
    )


def raw_normal_form(prison_id: str, raw: RawRequest) -> NormalForm | None:
    """Of a request as sent; None for one that can't have been accepted on any day.

    Equal to `normal_form` wherever the request is accepted: a retry that has become invalid (after midnight, say)
    still finds its visit.
    """
    number = normalise_number(raw.prisoner.number or "")
    phone = normalise_phone(raw.contact_phone_no or "")
    prisoner = _raw_person(raw.prisoner)
    visitors = [_raw_person(visitor) for visitor in raw.visitors]
    choices = _raw_choices(raw)
    if not (number and phone and prisoner and choices and visitors and all(visitors)):
        return None
    email = (raw.contact_email_address or "").strip(" ")
    return _form(prison_id, (*prisoner, number), [person for person in visitors if person], email, phone, choices)


def _form(
    prison_id: str,
    prisoner: tuple[str, ...],
    visitors: list[tuple[str, ...]],
    email: str,
    phone: str,
    choices: list[str],
) -> NormalForm:
    return NormalForm(canonical([prison_id, prisoner, visitors, email, phone, choices]))


def _raw_person(raw: RawPerson | RawPrisoner) -> tuple[str, ...] | None:
    born = parse_date(raw.date_of_birth or "")
    if born is None:
        return None
    return (raw.first_name or "").strip(), (raw.last_name or "").strip(), born.isoformat()


def _raw_choices(raw: RawRequest) -> list[str] | None:
    try:
        return list(dict.fromkeys(str(Slot.parse(text)) for text in raw.slot_options if text))
    except ValueError:
        return None
