"""Envelopes made by zeep from the shipped description. Why it reads no replies: docs/decisions/0008-soap-parsing.md."""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from typing import Any, NoReturn

from lxml import etree
from lxml.etree import _Element
from zeep import Client

from nomis_client.soap.credentials import Credentials
from nomis_client.soap.description import ENVELOPES, NAMESPACE, PORTS, action, wsdl

Arguments = dict[str, Any]
"""Element names and their values, in zeep's way: lists for repeated elements, dictionaries for those with children."""

CLIENT_NAME = "prison-visits-adapter"
_CUT = len(NAMESPACE) + 2


@dataclass(frozen=True, slots=True)
class Message:
    """One request, ready for the wire. `correlation_id` is what a reply to it repeats."""

    body: bytes
    headers: dict[str, str]
    correlation_id: str


class _NoImports:
    """In place of zeep's own HTTP: nothing but the shipped description is ever loaded."""

    def load(self, _: str) -> NoReturn:
        raise AssertionError("the description imports nothing")


@lru_cache(maxsize=1)
def _service() -> Client:
    """zeep with the description in it; takes a fifth of a second once per process."""
    library = logging.getLogger("zeep")
    # It logs whole envelopes at DEBUG where it is asked to; nothing of it is wanted, whatever is configured.
    library.addHandler(logging.NullHandler())
    library.propagate = False
    return Client(BytesIO(wsdl()), transport=_NoImports())


class Codec:
    """Makes the requests of one client. `version` is "1.1" or "1.2"."""

    def __init__(self, version: str, credentials: Credentials | None) -> None:
        self._elements = _service().wsdl.types
        self._version = version
        self._credentials = credentials
        # Made by zeep once: its headers are the same in every request but for three texts, and cost more than the rest.
        self._empty = self._envelope()

    @property
    def envelope_namespace(self) -> str:
        return ENVELOPES[self._version]

    def message(
        self, operation: str, arguments: Arguments, *, now: datetime, message_id: str, correlation_id: str
    ) -> Message:
        """The request for one try. Same arguments, same body element; the headers are of this try alone."""
        envelope = copy.deepcopy(self._empty)
        header, body = envelope
        said = {"MessageId": message_id, "CorrelationId": correlation_id, "Timestamp": _timestamp(now)}
        for element in header[0]:
            element.text = said.get(element.tag[_CUT:], element.text)
        asked = self._elements.get_element(f"{{{NAMESPACE}}}{operation}")
        asked.render(body, asked(**arguments))
        if self._credentials is not None:
            self._credentials.add_to(envelope, now)
        return Message(etree.tostring(envelope, encoding="UTF-8"), self._http_headers(operation), correlation_id)

    def _envelope(self) -> _Element:
        """An envelope with our header, and nothing in its body."""
        client = _service()
        ours = {"MessageId": "", "CorrelationId": "", "ClientName": CLIENT_NAME, "Timestamp": datetime(1, 1, 1)}  # noqa: DTZ001 - overwritten
        port = client.bind(port_name=PORTS[self._version])
        envelope: _Element = client.create_message(port, "GetVersion", _soapheaders={"header": ours})
        envelope[1].clear()
        return envelope

    def _http_headers(self, operation: str) -> dict[str, str]:
        if self._version == "1.2":
            kind = f'application/soap+xml; charset=utf-8; action="{action(operation)}"'
            return {"Content-Type": kind, "Accept": "application/soap+xml"}
        return {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml", "SOAPAction": f'"{action(operation)}"'}


def _timestamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
