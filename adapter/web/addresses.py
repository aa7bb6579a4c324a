"""Whose request it is, behind the proxies that we trust."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

_Address = IPv4Address | IPv6Address


class ClientAddresses:
    """Finds a client's address. `X-Forwarded-For` counts only as far as proxies that we trust have written it."""

    def __init__(self, trusted_proxies: Iterable[str] = ()) -> None:
        self._trusted = tuple(ip_network(proxy) for proxy in trusted_proxies)

    def of(self, request: web.BaseRequest) -> str:
        """The address that limits count `request` by."""
        return self.find(request.remote or "", request.headers.getall("X-Forwarded-For", ()))

    def find(self, remote: str, forwarded: Iterable[str] = ()) -> str:
        """The client's address, from that of the connection and the values of `X-Forwarded-For`.

        An IPv6 client is its /64, of which it can use every address.
        """
        peer = _read(remote)
        if peer is None:
            return "unknown"
        if self._trusted:
            for hop in reversed(",".join(forwarded).split(",")):
                if not self._trusts(peer) or (named := _read(hop.strip())) is None:
                    break
                peer = named
        if isinstance(peer, IPv6Address):
            return str(IPv6Network((peer, 64), strict=False))
        return str(peer)

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted)


def _read(text: str) -> _Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
