"""The SOAP face at `/soap`: the same engine and state behind the contract's envelopes; `?wsdl` describes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aiohttp import web
from lxml import etree
from lxml.etree import _Element

from nomis_client.fake.canned import Canned
from nomis_client.fake.delivery import delivered
from nomis_client.fake.engine import Engine
from nomis_client.fake.outcome import Arrival, Mangle, Outcome
from nomis_client.fake.replies import No, Refusal, Slots
from nomis_client.fake.soap_envelopes import MEDIA, VERSIONS, Envelope, NotSoap, closed, fault, opened
from nomis_client.fake.soap_guard import SoapGuard
from nomis_client.fake.soap_oddities import Oddities, oddities
from nomis_client.fake.soap_parsing import OPERATIONS, SoapOperation, parsed
from nomis_client.fake.soap_payloads import detail_of, members_of, nomis_fault
from nomis_client.fake.soap_spelling import Speller
from nomis_client.soap.description import action, wsdl

PATH = "/soap"
_PLACE = b"http://localhost/soap"
_UNDERSTOOD = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}Security"
_PLAIN = Oddities()


def add_soap(app: web.Application, engine: Engine) -> None:
    """Serve the SOAP contract from `app`."""
    face = SoapFace(engine)
    app.router.add_route("GET", PATH, face.describe)
    app.router.add_route("POST", PATH, face.answer)


@dataclass(frozen=True, slots=True)
class Posted:
    """A request as it came, read or not. `action` is the SOAPAction header, empty if there is none."""

    body: bytes
    content_type: str
    action: str
    request_id: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an answer must fit."""

    version: str = "1.1"
    correlation_id: str = ""
    name: str = ""


class SoapFace:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = SoapGuard(engine)

    async def describe(self, request: web.Request) -> web.StreamResponse:
        """The shipped description, with the address under which it was asked for."""
        if "wsdl" not in {name.lower() for name in request.query}:
            return web.Response(status=405, headers={"Allow": "POST"})
        here = str(request.url.with_query(None)).encode()
        return web.Response(body=wsdl().replace(_PLACE, here), content_type="text/xml", charset="utf-8")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        posted = Posted(
            await request.read(),
            request.content_type,
            request.headers.get("SOAPAction", "").strip('"'),
            request.headers.get("X-Request-Id", ""),
        )
        outcome, answer = await self.perform(posted)
        return await delivered(request, outcome, answer, self._engine)

    async def perform(self, posted: Posted, patience: float | None = None) -> tuple[Outcome, Canned | None]:
        """What becomes of a request, and what is said if it is answered. `patience` as the engine's."""
        try:
            envelope = opened(posted.body)
            made = _operation(posted, envelope)
        except NotSoap as wrong:
            return Outcome(), self._fault(_Asked(), "Client", str(wrong), _PLAIN)
        asked = _Asked(envelope.version, envelope.correlation_id, envelope.name)
        refused = self._guard.refuses(envelope.header)
        arrival = Arrival(
            parsed(made, envelope.operation),
            method="POST",
            # What the request asks, without the headers, which are another's with every try.
            body=etree.tostring(envelope.operation, method="c14n", exclusive=True).decode(),
            request_id=posted.request_id,
            denied=self._fault(asked, refused, "Security check failed", _PLAIN) if refused else None,
        )
        outcome = await self._engine.perform(arrival, patience)
        answer = self._answer(outcome, asked)
        # Spoilt already, in XML's way.
        outcome = replace(outcome, mangle=Mangle.NONE) if outcome.mangle is Mangle.WRONG_TYPES else outcome
        return outcome, answer

    def _answer(self, outcome: Outcome, asked: _Asked) -> Canned | None:
        odd = oddities(outcome.oddity)
        if "nonce_refused" in odd:
            return self._fault(asked, "InvalidSecurityToken", "Nonce was seen before", odd)
        if outcome.instead is not None or outcome.reply is None:
            return outcome.instead
        speller = Speller(odd, outcome.mangle is Mangle.WRONG_TYPES)
        reply = outcome.reply
        if odd.fault_code:
            return self._fault(asked, "Server", "Failed", odd, nomis_fault(odd.fault_code, "Failed", speller))
        if isinstance(reply, Slots) and not reply.prison_known:
            detail = nomis_fault("PRISON_NOT_FOUND", "Prison Not Found", speller)
            return self._fault(asked, "Server", "Prison Not Found", odd, detail)
        if not isinstance(reply, Refusal):
            name = "GetVersion" if "another_answer" in odd else asked.name
            return self._closed(200, asked, speller.element(name + "Response", members_of(reply)), odd)
        if reply.why is No.CANNOT_ASK:
            return self._fault(asked, "Client", "Operation is not supported", odd)
        code = "Client" if reply.why is No.BAD_REQUEST else "Server"
        return self._fault(asked, code, "; ".join(reply.texts), odd, detail_of(reply, speller))

    def _fault(self, asked: _Asked, code: str, words: str, odd: Oddities, detail: _Element | None = None) -> Canned:
        content = fault(asked.version, code, words, None if "no_detail" in odd else detail, odd)
        status = 400 if asked.version == "1.2" and code == "Client" else 500
        status = 200 if "fault_200" in odd else 400 if "fault_400" in odd else status
        return self._closed(status, asked, content, odd)

    def _closed(self, status: int, asked: _Asked, content: _Element, odd: Oddities) -> Canned:
        body = closed(asked.version, content, asked.correlation_id, self._engine.time.now(), odd)
        return Canned(status, body.decode(), f"{MEDIA[asked.version]}; charset=utf-8")


def _operation(posted: Posted, envelope: Envelope) -> SoapOperation:
    """The operation that is asked for. Raises `NotSoap` where the parts of the request don't fit each other."""
    if posted.content_type != MEDIA[envelope.version]:
        raise NotSoap("the content type is another version's")
    if posted.action and posted.action != action(envelope.name):
        raise NotSoap("SOAPAction is another operation's")
    if envelope.header is not None:
        for block in envelope.header:
            must = any(block.get(f"{{{space}}}mustUnderstand") in {"1", "true"} for space in VERSIONS.values())
            if must and block.tag != _UNDERSTOOD:
                raise NotSoap("a header that must be understood isn't")
    made = OPERATIONS.get(envelope.name)
    if made is None:
        raise NotSoap("no such operation")
    return made
