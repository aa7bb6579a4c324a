"""What differs between installations of the prison system: settings, not faults."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Auth(BaseModel):
    """Which requests are let in. Times are judged by the fake's own clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Literal["none", "es256", "oauth2"] = "none"
    public_key: str = ""  # PEM of the key that signs the client's tokens (es256)
    client_token: str = ""  # what the payload's `token` must be (es256)
    skew: int = Field(default=10, ge=0)  # seconds that `iat` may be off, either way
    client_id: str = ""
    client_secret: str = ""
    expires_in: int = Field(default=3600, ge=1)  # seconds that an access token lasts (oauth2)
    username: str = ""  # of the security header, SOAP only, whatever `scheme` says; empty: none is asked for
    password: str = ""


class Installation(BaseModel):
    """Defaults: the newest installation, with everything that the contract knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    find_by_ref: Literal["yes", "404", "405"] = "yes"
    restrictions: bool = True  # False: the call is answered 404
    error_shape: Literal["errors", "error"] = "errors"  # a refused booking: the list, or the older single one
    duplicate_status: Literal[409, 400] = 409
    locked_status: Literal[400, 423] = 400
    duplicate_checked: Literal["first", "last"] = "first"  # last: a repeat can be told "Overlapping visit" instead
    failure_shape: Literal["error", "problem"] = "error"  # how a question that isn't one is answered; problem: newer
    escape_slashes: bool = True  # `\/` for `/` in JSON
    auth: Auth = Auth()
