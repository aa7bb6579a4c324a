"""Requests are spelled byte for byte as zeep spells them, whatever is in them."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pydantic import SecretStr
from zeep.wsse.username import UsernameToken
from zeep.wsse.utils import WSU, get_security_header, get_timestamp

from nomis_client import BookingOrder, CancellationCode
from nomis_client.soap import payloads
from nomis_client.soap.codec import CLIENT_NAME, Arguments, Codec, _service
from nomis_client.soap.credentials import LIFETIME, Credentials
from nomis_client.soap.description import NAMESPACE, PORTS
from nomis_client.soap.elements import carried

TEXTS = st.text() | st.text("a{}<>&\"'\r\n\t é\x85\u2028]]>", max_size=20)
IDS = st.integers(1, 2**63 - 1)
DAYS = st.dates(date(1000, 1, 1))  # zeep gives earlier years three digits, which is no date
SLOTS = st.tuples(DAYS, st.times(), st.times()).map(lambda at: f"{at[0]}T{at[1]:%H:%M}/{at[2]:%H:%M}")
ORDERS = st.builds(
    BookingOrder, IDS, st.just("LEI"), IDS, st.lists(IDS, max_size=3).map(tuple), SLOTS, TEXTS, TEXTS | st.just("")
)
ASKED: dict[str, st.SearchStrategy[Arguments]] = {
    "LookupActiveOffender": st.builds(lambda text, day: payloads.of_number(text) | {"DateOfBirth": day}, TEXTS, DAYS),
    "GetOffenderLocation": st.builds(payloads.of_number, TEXTS),
    "GetContactList": IDS.map(lambda one: {"OffenderId": one}),
    "GetOffenderRestrictions": IDS.map(lambda one: {"OffenderId": one}),
    "GetAvailableDates": st.builds(
        lambda one, first, last: {"OffenderId": one, "StartDate": first, "EndDate": last}, IDS, DAYS, DAYS
    ),
    "GetVisitUnavailability": st.builds(payloads.of_dates, IDS, st.lists(DAYS, min_size=1, max_size=5)),
    "GetVisitSlots": st.builds(payloads.of_prison, TEXTS, DAYS, DAYS),
    "FindVisitByClientRef": st.builds(
        lambda one, text: {"OffenderId": one, "ClientUniqueRef": carried(text)}, IDS, TEXTS
    ),
    "GetVersion": st.just({}),
    "BookVisit": st.builds(payloads.of_booking, ORDERS),
    "CancelVisit": st.builds(payloads.of_cancelling, IDS, IDS, st.sampled_from(CancellationCode)),
}
CODECS = {version: Codec(version, None) for version in PORTS}
IDENTIFIERS = {"message_id": "0123456789abcdef", "correlation_id": "fedcba9876543210"}
NOW = datetime(2026, 7, 30, 10, 30, 1, 999, tzinfo=UTC)


def by_zeep(version: str, operation: str, arguments: Arguments, now: datetime = NOW) -> Any:
    """The same request, all of it made by zeep."""
    client = _service()
    ours = {"MessageId": IDENTIFIERS["message_id"], "CorrelationId": IDENTIFIERS["correlation_id"]}
    header = ours | {"ClientName": CLIENT_NAME, "Timestamp": now}
    port = client.bind(port_name=PORTS[version])
    envelope = client.create_message(port, operation, _soapheaders={"header": header}, **arguments)
    envelope.find(f".//{{{NAMESPACE}}}Timestamp").text = get_timestamp(now, zulu_timestamp=True)
    return envelope


@pytest.mark.parametrize("version", CODECS)
@given(st.data())
def test_as_zeep_spells_it(version: str, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(sorted(ASKED)))
    arguments = data.draw(ASKED[operation])
    message = CODECS[version].message(operation, arguments, now=NOW, **IDENTIFIERS)
    assert message.body == etree.tostring(by_zeep(version, operation, arguments), encoding="UTF-8")


def test_every_operation_of_the_description_is_tried() -> None:
    binding = _service().wsdl.bindings[f"{{{NAMESPACE}}}VisitsBinding"]
    assert set(ASKED) == set(binding._operations)


@pytest.mark.parametrize("version", CODECS)
@given(
    TEXTS.map(carried),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from([0, 1, -5]),
)
def test_the_security_header_is_zeeps(version: str, username: str, password: str, naive: datetime, zone: int) -> None:
    now = (naive - timedelta(hours=zone)).replace(tzinfo=UTC)
    body = Codec(version, Credentials(username, SecretStr(password))).message(
        "GetVersion", {}, now=now, **IDENTIFIERS
    ).body  # fmt: skip
    expected = by_zeep(version, "GetVersion", {}, now)
    lifetime = WSU.Timestamp(
        WSU.Created(get_timestamp(now, zulu_timestamp=True)),
        WSU.Expires(get_timestamp(now + LIFETIME, zulu_timestamp=True)),
    )
    token = UsernameToken(
        username, password, use_digest=True, created=now, timestamp_token=lifetime, zulu_timestamp=True
    )
    token.nonce = _Nonce(b64decode(etree.fromstring(body).findtext(".//{*}Nonce") or ""))
    token.apply(expected, {})
    space = expected.tag[1:].partition("}")[0]
    get_security_header(expected).set(f"{{{space}}}mustUnderstand", "1")
    assert body == etree.tostring(expected, encoding="UTF-8")


class _Nonce(bytes):
    """Bytes that were drawn, for zeep, which wants a text that it can encode."""

    def encode(self, _: str) -> bytes:
        return bytes(self)
