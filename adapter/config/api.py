"""The `[api]` section: the listener of the JSON API and who may speak to it."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from adapter.config.section import Port, Section


class ApiAuthSettings(Section):
    """Who may call `/api`. `token`: static bearer tokens, stored hashed; `jwt`: tokens an identity provider signed."""

    mode: Literal["none", "token", "jwt"] = "none"
    tokens_file: Path | None = None
    jwks_url: str = ""
    issuer: str = ""
    audience: str = ""
    role_claim: str = "authorities"
    role: str = ""

    @model_validator(mode="after")
    def _has_what_its_mode_needs(self) -> Self:
        if self.mode == "token" and self.tokens_file is None:
            raise ValueError('mode = "token" needs tokens_file')
        if self.mode == "jwt":
            needed = {"jwks_url": self.jwks_url, "issuer": self.issuer, "audience": self.audience, "role": self.role}
            if missing := [key for key, value in needed.items() if not value]:
                raise ValueError(f'mode = "jwt" needs {", ".join(missing)}')
        return self


class ApiSettings(Section):
    """Where the API listens, how it is reached from outside, what it lets through."""

    host: str = "127.0.0.1"
    port: Port = 8080
    public_url: str = ""
    rate_limit_per_minute: int = Field(default=0, ge=0)
    open_requests_per_prisoner: int = Field(default=10, ge=0)
    emails_per_address_and_day: int = Field(default=50, ge=0)
    trusted_proxies: tuple[str, ...] = ()
    allow_unauthenticated: bool = False
    auth: ApiAuthSettings = ApiAuthSettings()

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for number, proxy in enumerate(proxies, 1):
            try:
                ip_network(proxy)
            except ValueError:
                raise ValueError(f"entry {number} is neither an address nor a network such as 10.0.0.0/8") from None
        return proxies
