"""A SOAP fault as it came: 1.1 or 1.2, with or without the service's own detail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from nomis_client.soap.elements import Members, is_ours, listed, members, text, text_of
from nomis_client.values import Malformed

DEPTH = 5
"""Codes within codes that are looked at."""

_SENDER = frozenset({"Client", "Sender"})
# WS-Security 1.1, "Error handling", and the expired timestamp of its utility schema.
_SECURITY = frozenset(
    {
        "UnsupportedSecurityToken",
        "UnsupportedAlgorithm",
        "InvalidSecurity",
        "InvalidSecurityToken",
        "FailedAuthentication",
        "FailedCheck",
        "SecurityTokenUnavailable",
        "MessageExpired",
    }
)


@dataclass(frozen=True, slots=True)
class NomisFault:
    """The service's own words: `code` of the contract's list or any other, `texts` of its `Errors`."""

    code: str
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """`codes`: the fault's code and its subcodes, without prefixes. `nomis`: the detail, None where there is none."""

    codes: tuple[str, ...]
    nomis: NomisFault | None

    @property
    def blames_us(self) -> bool:
        """The server says that the request was no request: an operation that it doesn't have, for one."""
        return any(code.partition(".")[0] in _SENDER for code in self.codes)

    @property
    def is_about_access(self) -> bool:
        return any(code in _SECURITY for code in self.codes)


def fault_in(element: Element) -> Fault:
    """What a `Fault` element says. Raises `Malformed` where its detail is the service's, but not in its shape."""
    codes = tuple(_local(one.text or "") for one in _codes(element))
    details = [one for one in element if _name(one) in {"detail", "Detail"}]
    found = [one for detail in details for one in detail if is_ours(one, "NomisFault")]
    if len(found) > 1:
        raise Malformed("two_faults")
    return Fault(codes, _nomis_fault(members(found[0])) if found else None)


def _nomis_fault(said: Members) -> NomisFault:
    return NomisFault(
        text_of(said, "Code").strip(), tuple(text(one).strip() for one in listed(said, "Errors", "Error"))
    )


def _codes(fault: Element) -> Iterator[Element]:
    """1.1: `faultcode`; 1.2: the `Value` of `Code`, and of each `Subcode` in it."""
    holder: Element | None = fault
    for _ in range(DEPTH):
        if holder is None:
            return
        yield from (one for one in holder if _name(one) in {"faultcode", "Value"})
        holder = next((one for one in holder if _name(one) in {"Code", "Subcode"}), None)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _local(code: str) -> str:
    return code.strip().rpartition(":")[2]
