"""What a client would like: `Accept` and `Accept-Language`, with their qualities."""

from __future__ import annotations

import re
from functools import lru_cache

from aiohttp import web

from adapter.booking.views import Language

_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_JSON_RANGES = ("application/json", "application/*", "*/*")  # the most specific first: it decides
_LANGUAGES: dict[str, Language] = {"en": "en", "cy": "cy"}


def list_header(request: web.BaseRequest, name: str) -> str | None:
    """The list in this header, which may be sent on several lines; None where it was not sent."""
    lines = request.headers.getall(name, ())
    return ", ".join(lines) if lines else None


@lru_cache(maxsize=256)
def takes_json(accept: str | None) -> bool:
    """False when this `Accept` leaves JSON out. None (no header) takes anything."""
    if accept is None or not accept.strip():
        return True
    qualities = dict(_ranked(accept))
    return next((qualities[wanted] > 0 for wanted in _JSON_RANGES if wanted in qualities), False)


@lru_cache(maxsize=256)
def best_language(accept_language: str | None) -> Language | None:
    """The better liked of English and Welsh, whatever the region; None when the header names neither."""
    best: Language | None = None
    best_quality = 0.0
    for tag, quality in _ranked(accept_language or ""):
        language = _LANGUAGES.get(tag.partition("-")[0])
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


def _ranked(header: str) -> list[tuple[str, float]]:
    """The entries of a list with qualities, in the order sent; what is not well formed is left out."""
    entries = []
    for entry in header.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        quality = next((value[2:].strip() for value in parameters if value.startswith("q=")), "1")
        if name and _QUALITY.fullmatch(quality):
            entries.append((name, float(quality)))
    return entries
