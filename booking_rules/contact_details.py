"""How a visitor is reached: one plain email address, one phone number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

DEFAULT_REGION: Final = "GB"

# What nearly everybody gives is told at a glance: the libraries take 40 us for an address and 30 for a number.
_USUAL_MAILBOX: Final = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_USUAL_LENGTH: Final = 64  # of the whole address: as much as a mailbox alone may have
_BRITISH: Final = re.compile(r"(?:0|\+44 ?)([1-9](?: ?[0-9]){9})")


def is_email(text: str) -> bool:
    """True for exactly one plain address, `mailbox@domain`: no display name, list, quotes, comment or line break.

    Only its form is looked at. The domain is in ASCII and has at least two labels.
    """
    top_level = text.rpartition(".")[2]
    if not text.isascii() or not ((top_level.isalpha() and len(top_level) > 1) or top_level[:4].lower() == "xn--"):
        return False  # no top-level domain has a digit or a single letter: a slip of the finger, as in `.c0m`
    mailbox, _, domain = text.rpartition("@")
    if len(text) <= _USUAL_LENGTH and "--" not in domain and _USUAL_MAILBOX.fullmatch(mailbox):
        return _is_domain(domain)
    return _is_address(text)


@lru_cache(maxsize=256)
def _is_domain(domain: str) -> bool:
    """Whether an address may end so: most end like many others."""
    return _is_address(f"a@{domain}")


def _is_address(text: str) -> bool:
    try:
        # A test environment may use `.test`; whether anything answers at the domain is for the mail server to find out.
        validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            test_environment=True,
            strict=True,
        )
    except EmailNotValidError:
        return False
    return True


def normalise_phone(text: str) -> str | None:
    """The number in E.164 (`+441632960123`); None if it can't be one.

    *Possible* numbers count, assigned or not (Ofcom's reserved ones for drama pass). Without a country code it is read
    as a British one, and needs its area code.
    """
    if usual := _BRITISH.fullmatch(text):
        return "+44" + usual[1].replace(" ", "")  # ten digits are always possible
    try:
        number = phonenumbers.parse(text, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
