"""Who is let in over SOAP: a UsernameToken whose digest is right, new and young, where one is asked for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from datetime import datetime, timedelta

from lxml.etree import _Element

from nomis_client.fake.engine import Engine

_WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
_WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
_YOUNG = timedelta(minutes=5)
_SKEW = timedelta(seconds=30)


class SoapGuard:
    """Judges security headers against the installation, on the engine's clock. Nonces are remembered in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._nonces: dict[str, datetime] = {}

    def refuses(self, header: _Element | None) -> str:
        """Empty if let in, else the fault's code."""
        auth = self._engine.state.installation.auth
        if not auth.username:
            return ""
        security = None if header is None else header.find(f"{_WSSE}Security")
        token = None if security is None else security.find(f"{_WSSE}UsernameToken")
        if security is None or token is None:
            return "InvalidSecurity"
        now = self._engine.time.now()
        if not _is_current(security, now):
            return "MessageExpired"
        nonce, created = token.findtext(f"{_WSSE}Nonce") or "", token.findtext(f"{_WSU}Created") or ""
        if not _is_right(token, nonce, created, auth.username, auth.password):
            return "FailedAuthentication"
        at = _moment(created)
        if at is None or not now - _YOUNG <= at <= now + _SKEW:
            return "MessageExpired"
        return "" if self._is_new(nonce, now) else "InvalidSecurityToken"

    def _is_new(self, nonce: str, now: datetime) -> bool:
        for seen, at in tuple(self._nonces.items()):
            if now - at <= _YOUNG * 2:
                break
            del self._nonces[seen]
        if nonce in self._nonces:
            return False
        self._nonces[nonce] = now
        return True


def _is_current(security: _Element, now: datetime) -> bool:
    """The Timestamp: begun, not over, and no longer than allowed."""
    begin = _moment(security.findtext(f"{_WSU}Timestamp/{_WSU}Created") or "")
    end = _moment(security.findtext(f"{_WSU}Timestamp/{_WSU}Expires") or "")
    return begin is not None and end is not None and end - begin <= _YOUNG and begin - _SKEW <= now <= end + _SKEW


def _is_right(token: _Element, nonce: str, created: str, username: str, password: str) -> bool:
    try:
        raw = base64.b64decode(nonce, validate=True)
    except binascii.Error:
        return False
    if not raw or (token.findtext(f"{_WSSE}Username") or "") != username:
        return False
    # The profile prescribes this digest.
    digest = base64.b64encode(hashlib.sha1(raw + created.encode() + password.encode()).digest())  # noqa: S324
    return secrets.compare_digest(digest, (token.findtext(f"{_WSSE}Password") or "").strip().encode())


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
