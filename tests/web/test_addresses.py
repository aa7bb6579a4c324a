"""Whose request it is: X-Forwarded-For counts only from proxies that we trust."""

from __future__ import annotations

import pytest

from adapter.web.addresses import ClientAddresses

PROXY, PROXIES = "10.0.0.1", ("10.0.0.0/8", "192.0.2.7")


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ((), "198.51.100.1", [], "198.51.100.1"),
        ((), PROXY, ["198.51.100.1"], PROXY),
        (PROXIES, PROXY, [], PROXY),
        (PROXIES, PROXY, ["198.51.100.1"], "198.51.100.1"),
        (PROXIES, PROXY, ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        (PROXIES, PROXY, ["203.0.113.9, 198.51.100.1, 192.0.2.7"], "198.51.100.1"),
        (PROXIES, PROXY, ["203.0.113.9, 198.51.100.1", "10.9.9.9"], "198.51.100.1"),
        (PROXIES, "198.51.100.1", ["203.0.113.9"], "198.51.100.1"),
        (PROXIES, PROXY, ["nonsense"], PROXY),
        (PROXIES, PROXY, ["198.51.100.1, nonsense"], PROXY),
        (PROXIES, "::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ((), "2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ((), "", [], "unknown"),
    ],
)
def test_the_client_is_the_last_hop_that_we_do_not_trust(
    trusted: tuple[str, ...], peer: str, forwarded: list[str], client: str
) -> None:
    assert ClientAddresses(trusted).find(peer, forwarded) == client
