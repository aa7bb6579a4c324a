"""Who is let in: no check, the signed token of the gateway, or OAuth2 client credentials."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import datetime, timedelta

import jwt

from nomis_client.fake.canned import Canned, denied
from nomis_client.fake.engine import Engine
from nomis_client.fake.installation import Auth

_JSON = "application/json"


class Guard:
    """Judges credentials against the installation, on the engine's clock. Access tokens live in memory only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tokens: dict[str, datetime] = {}
        engine.on_expired_tokens.append(self._tokens.clear)

    def refuses(self, authorization: str) -> Canned | None:
        """None if let in, else what is said."""
        auth = self._engine.state.installation.auth
        if auth.scheme == "none":
            return None
        if not authorization:
            return denied(401, "Authorization header missing")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return denied(401, "Authorization header invalid")
        return self._signed(auth, token) if auth.scheme == "es256" else self._issued(token)

    def issue(self, authorization: str, grant_type: str) -> Canned:
        """What the token endpoint answers."""
        auth = self._engine.state.installation.auth
        if grant_type != "client_credentials":
            return denied(400, '{"error":"unsupported_grant_type"}', _JSON)
        if not self._knows(auth, authorization):
            return denied(401, '{"error":"invalid_client"}', _JSON)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = self._engine.time.now() + timedelta(seconds=auth.expires_in)
        body = f'{{"access_token":"{token}","token_type":"bearer","expires_in":{auth.expires_in}}}'
        return Canned(200, body, _JSON)

    def _signed(self, auth: Auth, token: str) -> Canned | None:
        try:
            # The times are judged below, on the fake's own clock.
            payload = jwt.decode(token, auth.public_key, algorithms=["ES256"], options={"verify_iat": False})
        except jwt.PyJWTError:
            return denied(403, "Invalid token")
        if set(payload) != {"iat", "token"} or not isinstance(payload["iat"], int):
            return denied(403, "Invalid token payload")
        if not secrets.compare_digest(str(payload["token"]), auth.client_token):
            return denied(403, "Unknown client")
        skew = abs(int(self._engine.time.now().timestamp()) - payload["iat"])
        return denied(403, f"iat skew too large ({skew})") if skew > auth.skew else None

    def _issued(self, token: str) -> Canned | None:
        until = self._tokens.get(token)
        if until is None or until <= self._engine.time.now():
            return denied(401, '{"error":"invalid_token"}', _JSON)
        return None

    @staticmethod
    def _knows(auth: Auth, authorization: str) -> bool:
        scheme, _, credentials = authorization.partition(" ")
        try:
            plain = base64.b64decode(credentials, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return scheme.lower() == "basic" and secrets.compare_digest(
            plain.encode(), f"{auth.client_id}:{auth.client_secret}".encode()
        )
