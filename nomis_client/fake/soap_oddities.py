"""How odd a SOAP answer can be and still be one, or not: what a fault of kind `soap` names in its `text`.

Several are named with blanks between them: `"zulu letters shuffled"`.
"""

from __future__ import annotations

from dataclasses import dataclass

ODDITIES = {
    "nil": "what is absent comes as xsi:nil",
    "empty": "what is absent comes as an empty element",
    "digits": "booleans as 1 and 0",
    "letters": "booleans as Y and N",
    "fraction": "times with fractions of a second",
    "zulu": "times in UTC, with Z",
    "offset": "times with an offset",
    "shuffled": "elements in another order",
    "unprefixed": "a default namespace in place of a prefix",
    "padded": "blanks, comments and unknown elements in between",
    "no_header": "without ResponseHeader",
    "other_correlation": "the answer to somebody else's request",
    "other_version": "an envelope of the other SOAP version",
    "dtd": "a DTD in front, with an entity that is used",
    "bomb": "a DTD whose entities grow without end",
    "two_answers": "two elements in the body",
    "another_answer": "the answer to another operation",
    "fault_200": "a fault with status 200",
    "fault_400": "a fault with status 400",
    "no_detail": "a fault without detail",
    "own_code": "a fault code of the server's own making",
    "nonce_refused": "the security header is refused although the request was carried out",
}
FAULT = "fault:"
"""Begins the name of an oddity that answers with a typed fault of any code, e.g. `fault:INTERNAL`."""


@dataclass(frozen=True, slots=True)
class Oddities:
    """The ones that one answer has."""

    names: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        return name in self.names

    @property
    def fault_code(self) -> str:
        """The code of `fault:CODE`, empty if there is none."""
        return next((name.removeprefix(FAULT) for name in self.names if name.startswith(FAULT)), "")


def oddities(text: str) -> Oddities:
    """Raises ValueError for a name that nobody knows."""
    names = frozenset(text.split())
    for name in names:
        if name not in ODDITIES and not name.startswith(FAULT):
            raise ValueError(f"no such oddity: {name}")
    return Oddities(names)
