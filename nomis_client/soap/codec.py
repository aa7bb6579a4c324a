"""Requests in envelopes that zeep makes from the shipped description. Why so: docs/decisions/0008-soap-parsing.md."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Any, NoReturn

from lxml import etree
from lxml.etree import _Element
from zeep import Client

from nomis_client.soap.credentials import NONCE_BYTES, Credentials, timestamp
from nomis_client.soap.description import ENVELOPES, PORTS, action, wsdl
from nomis_client.soap.spelling import asked

Arguments = dict[str, Any]
"""Element names and their values: lists for repeated elements, dictionaries for those with children, in their order."""

CLIENT_NAME = "prison-visits-adapter"


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
        self._version = version
        self._credentials = credentials
        # Made by zeep once: it is the same in every request but for what is asked and a few texts, its fields.
        self._frame: str = etree.tostring(self._envelope(), encoding="unicode")

    @property
    def envelope_namespace(self) -> str:
        return ENVELOPES[self._version]

    def message(
        self, operation: str, arguments: Arguments, *, now: datetime, message_id: str, correlation_id: str
    ) -> Message:
        """The request for one try. Same arguments, same body element; the headers are of this try alone."""
        proof = {} if self._credentials is None else self._credentials.proof(now, os.urandom(NONCE_BYTES))
        envelope = self._frame.format(
            message_id=message_id,
            correlation_id=correlation_id,
            timestamp=timestamp(now),
            asked=asked(operation, arguments),
            **proof,
        )
        return Message(envelope.encode(), self._http_headers(operation), correlation_id)

    def _envelope(self) -> _Element:
        """An envelope with our headers, and fields where requests differ."""
        client = _service()
        ids = {"MessageId": "{message_id}", "CorrelationId": "{correlation_id}"}
        ours = ids | {"ClientName": CLIENT_NAME, "Timestamp": datetime(1, 1, 1)}  # noqa: DTZ001 - overwritten
        port = client.bind(port_name=PORTS[self._version])
        envelope: _Element = client.create_message(port, "GetVersion", _soapheaders={"header": ours})
        header, body = envelope
        header[0][-1].text = "{timestamp}"
        body.clear()
        body.text = "{asked}"
        if self._credentials is not None:
            self._credentials.add_to(envelope)
        return envelope

    def _http_headers(self, operation: str) -> dict[str, str]:
        if self._version == "1.2":
            kind = f'application/soap+xml; charset=utf-8; action="{action(operation)}"'
            return {"Content-Type": kind, "Accept": "application/soap+xml"}
        return {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml", "SOAPAction": f'"{action(operation)}"'}
