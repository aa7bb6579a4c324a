"""Email addresses on the wire."""

from __future__ import annotations


def ascii_domain(address: str) -> str:
    """The address with its domain in ASCII (`xn--…`), its other part as it is. Raises ValueError for a bad one."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    return f"{local}{at}{domain.encode('idna').decode('ascii')}"
