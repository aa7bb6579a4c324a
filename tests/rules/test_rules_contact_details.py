"""One plain email address, one possible phone number."""

from __future__ import annotations

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from booking_rules.contact_details import is_email, normalise_phone

_MAILBOX = st.from_regex(r"[A-Za-z0-9_.+'\"-]{1,12}", fullmatch=True) | st.text(max_size=5)
_LABEL = st.from_regex(r"[A-Za-z0-9-]{1,6}", fullmatch=True) | st.sampled_from(
    ["local", "test", "arpa", "xn--p1ai", "co", "uk", "com", "", "_a", "[10", "localhost", "onion", "invalid"]
)
_DOMAIN = st.lists(_LABEL, min_size=1, max_size=4).map(".".join)
_NUMBERS = st.from_regex(r"(0|\+44|\+|00|044|\+44 0)? ?[0-9](-? ?[0-9]){4,11}( ?x ?[0-9]{1,3})?", fullmatch=True)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "ada.lovelace@example.co.uk",
        "ada+visits@example.com",
        "o'neill@example.com",
        "a!#$%&'*+/=?^_`{|}~-z@example.org",
        "-ada-@example.com",
        "1@example.com",
        "ADA@EXAMPLE.COM",
        "ada@sub-domain.example.com",
        "ada@1.example.com",
        "ada@example.xn--p1ai",
        "ada@example.XN--P1AI",
        "ada@xn--bcher-kva.example",
        f"{'a' * 64}@example.com",
        f"ada@{'a' * 63}.com",
        f"ada@example.{'a' * 63}",
        f"ada@{'.'.join(['a' * 59] * 4)}.example.uk"[:254],
        f"ada@{'a.' * 123}info",  # 254 characters
    ],
)
def test_plain_addresses(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@@example.com",
        "ada@example@example.com",
        "ada@example.com,bob@example.com",
        "ada@example.com;bob@example.com",
        "ada@example.com bob@example.com",
        "Ada <ada@example.com>",
        "<ada@example.com>",
        "mailto:ada@example.com",
        '"ada"@example.com',
        "ada(comment)@example.com",
        "ada @example.com",
        "ada@ example.com",
        " ada@example.com",
        "ada@example.com ",
        "ada@example.com\n",
        "ada@example.com\r\nBcc: bob@example.com",
        "ada\n@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "ada..l@example.com",
        "ada@.example.com",
        "ada@example..com",
        "ada@example.com.",
        "ada@-example.com",
        "ada@example-.com",
        "ada@exa_mple.com",
        "ada@10.0.0.1",
        "ada@[10.0.0.1]",
        "ada@example.c",
        "ada@example.c0m",
        "ada@example.xn--",
        "ada@example.xn-p1ai",
        "âda@example.com",
        "ada@exämple.com",
        "ada\x00@example.com",
        f"{'a' * 65}@example.com",
        f"ada@{'a' * 64}.com",
        f"ada@example.{'a' * 64}",
        f"ada@{'a.' * 123}infos",  # 255 characters
    ],
)
def test_anything_else(address: str) -> None:
    assert not is_email(address)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("01632 960 123", "+441632960123"),
        ("(01632) 960-123", "+441632960123"),
        ("+44 1632 960123", "+441632960123"),
        ("+44 (0)1632 960123", "+441632960123"),
        ("0044 1632 960123", "+441632960123"),
        ("07700 900123", "+447700900123"),
        ("0808 157 0123", "+448081570123"),
        ("020 7946 0123", "+442079460123"),
        ("+353 20 910 1234", "+353209101234"),
        ("+1 202 555 0123", "+12025550123"),
        ("٠١٦٣٢٩٦٠١٢٣", "+441632960123"),
        ("01632 960123 ext. 4", "+441632960123"),
        (" 01632960123 ", "+441632960123"),
    ],
)
def test_possible_numbers_are_kept_in_e164(text: str, number: str) -> None:
    assert normalise_phone(text) == number


@pytest.mark.parametrize(
    "text", ["", "none", "123", "960123", "01632 960 123 456 7", "+999 1632 960123", "+", "0" * 300, "ada@example.com"]
)
def test_what_can_not_be_dialled(text: str) -> None:
    assert normalise_phone(text) is None


def _library_takes(text: str) -> bool:
    top_level = text.rpartition(".")[2]
    if not text.isascii() or not ((top_level.isalpha() and len(top_level) > 1) or top_level[:4].lower() == "xn--"):
        return False
    try:
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


@given(text=st.builds("{}@{}".format, _MAILBOX, _DOMAIN) | st.emails() | st.text(max_size=20))
@example(text=f"{'a' * 52}@example.com")
@example(text=f"{'a' * 60}@example.com")
@example(text=f"{'a' * 65}@example.com")
@example(text="ada@exa--mple.com")
@example(text="ada@ex--ample.com")
@example(text="ada@printer.local")
@example(text="ada@somewhere.test")
@example(text="a@<ada@example.com")
def test_what_is_told_at_a_glance_is_what_the_library_says_of_an_address(text: str) -> None:
    assert is_email(text) is _library_takes(text)


def _library_number(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(text=_NUMBERS | st.text(max_size=20))
@example(text="0441632960123")
@example(text="04416329601")
@example(text="+441632960123 ")
@example(text="+44 07700900123")
@example(text="07700  900123")
@example(text="07700 900123\n")
@example(text="٠7700900123")
def test_what_is_told_at_a_glance_is_what_the_library_says_of_a_number(text: str) -> None:
    assert normalise_phone(text) == _library_number(text)


@given(text=st.from_regex(r"(?:0|\+44 ?)[1-9](?: ?[0-9]){9}", fullmatch=True))
def test_ten_british_digits_are_a_number(text: str) -> None:
    assert normalise_phone(text) == _library_number(text) is not None
