"""Envelopes as the fake takes and makes them. lxml alone, so that nothing here shares a mistake with the client."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree
from lxml.etree import _Element

from nomis_client.fake.soap_oddities import Oddities

NS = "urn:uk:gov:justice:pnomis:visits:v1"
VERSIONS = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}
MEDIA = {"1.1": "text/xml", "1.2": "application/soap+xml"}


class NotSoap(Exception):
    """What came is no request. The text is said back."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request, taken apart. `correlation_id` is empty if it has none."""

    version: str
    header: _Element | None
    operation: _Element
    correlation_id: str

    @property
    def name(self) -> str:
        return etree.QName(self.operation).localname


def opened(body: bytes) -> Envelope:
    """The request in `body`. Raises `NotSoap`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotSoap("not XML") from None
    if root.getprevious() is not None or b"<!DOCTYPE" in body:
        raise NotSoap("a DTD is not accepted")
    version = next((name for name, space in VERSIONS.items() if root.tag == f"{{{space}}}Envelope"), None)
    if version is None:
        raise NotSoap("not an Envelope")
    space = VERSIONS[version]
    found = root.find(f"{{{space}}}Body")
    if found is None or len(found) != 1:
        raise NotSoap("Body must hold one element")
    if etree.QName(found[0]).namespace != NS:
        raise NotSoap("another namespace")
    header = root.find(f"{{{space}}}Header")
    correlation = None if header is None else header.findtext(f"{{{NS}}}RequestHeader/{{{NS}}}CorrelationId")
    return Envelope(version, header, found[0], correlation or "")


def closed(version: str, content: _Element, correlation_id: str, now: datetime, odd: Oddities) -> bytes:
    """The envelope around an answer or a fault."""
    if "other_version" in odd:
        version = "1.2" if version == "1.1" else "1.1"
    space = VERSIONS[version]
    root = etree.Element(f"{{{space}}}Envelope", nsmap={"soap": space})
    header = etree.SubElement(root, f"{{{space}}}Header")
    if "no_header" not in odd:
        block = etree.SubElement(header, f"{{{NS}}}ResponseHeader", nsmap={"h": NS})
        told = str(uuid.uuid4()) if "other_correlation" in odd else correlation_id
        moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, text in (("MessageId", str(uuid.uuid4())), ("CorrelationId", told), ("Timestamp", moment)):
            etree.SubElement(block, f"{{{NS}}}{name}").text = text
    body = etree.SubElement(root, f"{{{space}}}Body")
    body.append(content)
    if "two_answers" in odd:
        etree.SubElement(body, f"{{{NS}}}{etree.QName(content).localname}", nsmap={"v": NS})
    written = etree.tostring(root, encoding="UTF-8")
    return _doctype(written, odd)


def _doctype(written: bytes, odd: Oddities) -> bytes:
    if "bomb" in odd:
        grown = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
        return b'<!DOCTYPE x [<!ENTITY e0 "ha">' + grown + b"]>" + written.replace(b">", b">&e9;", 1)
    if "dtd" in odd:
        return b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + written.replace(b">", b">&e;", 1)
    return written


def fault(version: str, code: str, words: str, detail: _Element | None, odd: Oddities) -> _Element:
    """A `Fault`. `code`: Client, Server, MustUnderstand or one of WS-Security's, said in the version's way."""
    space = VERSIONS["1.2" if (version == "1.1") == ("other_version" in odd) else "1.1"]
    if space == VERSIONS["1.1"]:
        return _fault_11(space, code, words, detail, odd)
    return _fault_12(space, code, words, detail, odd)


_OF_SOAP = {"Client": "Sender", "Server": "Receiver", "MustUnderstand": "MustUnderstand"}
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


def _fault_11(space: str, code: str, words: str, detail: _Element | None, odd: Oddities) -> _Element:
    made = etree.Element(f"{{{space}}}Fault", nsmap={"soap": space, "wsse": _WSSE})
    prefix = "soap" if code in _OF_SOAP else "wsse"
    etree.SubElement(made, "faultcode").text = "ns0:Oops.17" if "own_code" in odd else f"{prefix}:{code}"
    etree.SubElement(made, "faultstring").text = words
    if detail is not None:
        etree.SubElement(made, "detail").append(detail)
    return made


def _fault_12(space: str, code: str, words: str, detail: _Element | None, odd: Oddities) -> _Element:
    made = etree.Element(f"{{{space}}}Fault", nsmap={"soap": space, "wsse": _WSSE})
    coded = etree.SubElement(made, f"{{{space}}}Code")
    value = etree.SubElement(coded, f"{{{space}}}Value")
    value.text = "ns0:Oops.17" if "own_code" in odd else f"soap:{_OF_SOAP.get(code, 'Sender')}"
    if code not in _OF_SOAP:
        subcode = etree.SubElement(coded, f"{{{space}}}Subcode")
        etree.SubElement(subcode, f"{{{space}}}Value").text = f"wsse:{code}"
    reason = etree.SubElement(made, f"{{{space}}}Reason")
    said = etree.SubElement(reason, f"{{{space}}}Text")
    said.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    said.text = words
    if detail is not None:
        etree.SubElement(made, f"{{{space}}}Detail").append(detail)
    return made
