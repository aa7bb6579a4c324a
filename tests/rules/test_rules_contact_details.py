"""One plain email address, one possible phone number."""

from __future__ import annotations

import pytest

from booking_rules.contact_details import is_email, normalise_phone


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
