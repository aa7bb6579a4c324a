"""Who may speak to a face: nobody is asked, or a static token, or (in `jwt_login`) a signed one."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path
from typing import Protocol

from aiohttp import web

from adapter.config import ConfigError
from adapter.web.failure import Failure

_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,64})\s+(?P<digest>[0-9a-fA-F]{64})")


class Authenticator(Protocol):
    """Tells who a request is from."""

    async def caller(self, request: web.BaseRequest) -> str:
        """The name of the credential that `request` carries; "" where none is asked for.

        Raises `Failure`: 401 for no or a bad credential, 403 for a good one without the role, 503 when it can't be
        judged now.
        """
        ...


class BadTokensFile(ConfigError):
    """The file of tokens can't be used; the complaint says which line and why, and never repeats the line."""

    def __init__(self, message: str) -> None:
        super().__init__([f"[api.auth] tokens_file: {message}"])


class Anyone:
    """No credential is asked for: for a loopback listener, or a network that keeps everyone else out."""

    async def caller(self, _request: web.BaseRequest) -> str:
        return ""


class Tokens:
    """Static bearer tokens, known by name and SHA-256. Two lines with one name let a token be changed without a gap."""

    def __init__(self, path: Path, digests: tuple[tuple[str, bytes], ...]) -> None:
        self._path = path
        self._digests = digests

    @classmethod
    def read(cls, path: Path) -> Tokens:
        """From a file of lines `name sha256hex`; blank lines and those that begin with # are skipped.

        Raises `BadTokensFile`.
        """
        return cls(path, _read(path))

    def reread(self) -> int:
        """From now on, what the file says now; how many tokens that is. Raises `BadTokensFile`: nothing has changed."""
        self._digests = _read(self._path)
        return len(self._digests)

    async def caller(self, request: web.BaseRequest) -> str:
        sent = hashlib.sha256(bearer_token(request).encode("utf-8", "surrogateescape")).digest()
        name = ""
        for known, digest in self._digests:  # all of them, always: the time taken tells nothing
            if hmac.compare_digest(digest, sent):
                name = known
        if not name:
            raise unauthenticated()
        return name


def _read(path: Path) -> tuple[tuple[str, bytes], ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadTokensFile("can't be read") from None
    digests = []
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        if (found := _LINE.fullmatch(line)) is None:
            raise BadTokensFile(f"line {number} is not `name sha256hex`")
        digests.append((found["name"], bytes.fromhex(found["digest"])))
    if not digests:
        raise BadTokensFile("holds no token")
    return tuple(digests)


def bearer_token(request: web.BaseRequest) -> str:
    """The token of the Authorization header. Raises the 401 where there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated()
    return token.strip()


def unauthenticated() -> Failure:
    return Failure(401, "Unauthorized", headers={"WWW-Authenticate": "Bearer"})


def wrong_role() -> Failure:
    return Failure(403, "Forbidden")
