"""Headers that every answer of a face carries."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NOTHING_LOADS = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def security_headers(policy: str = _NOTHING_LOADS, *, https: bool = False) -> Mapping[str, str]:
    """The headers, with `policy` as Content-Security-Policy; `https` where the face is reached by TLS only.

    A handler that sets one of them itself keeps its own. Nothing is cached unless a handler says so.
    """
    headers = {
        "Server": "prison-visits",  # or aiohttp tells its version
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
        "Cache-Control": "no-store",
    }
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return MappingProxyType(headers)
