"""How a visitor is reached: one plain email address, one phone number."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers

DEFAULT_REGION: Final = "GB"

_MAX_ADDRESS: Final = 254
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(
    r"(?=[^@]{1,64}@)"
    rf"{_ATOM}(?:\.{_ATOM})*"
    rf"@(?:{_LABEL}\.)+"
    rf"(?:[A-Za-z]{{2,63}}|(?=[Xx][Nn]--){_LABEL})"  # a top-level domain is no number, as in 10.0.0.1
)


def is_email(text: str) -> bool:
    """True for exactly one plain address, `mailbox@domain`: no display name, list, quotes, comment or line break.

    Only its form is looked at. The domain is in ASCII and has at least two labels.
    """
    return len(text) <= _MAX_ADDRESS and _ADDRESS.fullmatch(text) is not None


def normalise_phone(text: str) -> str | None:
    """The number in E.164 (`+441632960123`); None if it can't be one.

    *Possible* numbers count, assigned or not (Ofcom's reserved ones for drama pass). Without a country code it is read
    as a British one, and needs its area code.
    """
    try:
        number = phonenumbers.parse(text, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
