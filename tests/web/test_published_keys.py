"""When the keys of an identity provider are fetched, and what serves while they can't be."""

from __future__ import annotations

import asyncio

import pytest

from adapter.web.jwt_login import KeysUnavailable, PublishedKeys
from tests.support.login_keys import Provider, public_rsa


async def test_a_new_key_is_found_as_soon_as_a_token_names_it() -> None:
    provider = Provider([public_rsa("old")])
    async with provider.serving() as url:
        keys = PublishedKeys(url, min_age=0.0)
        assert await keys.find("old", "RS256") is not None
        provider.keys = [public_rsa("new", 1)]
        assert await keys.find("new", "RS256") is not None
        assert await keys.find("old", "RS256") is None, "a key that was taken back counts no longer"


async def test_a_key_that_is_not_there_is_not_asked_for_without_end() -> None:
    provider = Provider()
    async with provider.serving() as url:
        keys = PublishedKeys(url, min_age=3600.0)
        for _ in range(5):
            assert await keys.find("unknown", "RS256") is None
    assert provider.asked == 1


async def test_many_who_need_the_keys_ask_once() -> None:
    provider = Provider()
    async with provider.serving() as url:
        keys = PublishedKeys(url)
        found = await asyncio.gather(*(keys.find("r1", "RS256") for _ in range(20)))
    assert all(found)
    assert provider.asked == 1


async def test_old_keys_serve_while_new_ones_cannot_be_had() -> None:
    provider = Provider()
    async with provider.serving() as url:
        keys = PublishedKeys(url, max_age=0.0, min_age=0.0)
        assert await keys.find("r1", "RS256") is not None
        provider.status = 500
        assert await keys.find("r1", "RS256") is not None
        assert provider.asked == 2
    assert await keys.find("r1", "RS256") is not None, "nor when nobody listens any more"


async def test_without_any_keys_it_says_so() -> None:
    with pytest.raises(KeysUnavailable):
        await PublishedKeys("http://127.0.0.1:9/keys").find("r1", "RS256")


async def test_of_several_keys_none_is_guessed() -> None:
    provider = Provider([public_rsa("r1"), public_rsa("r2", 1)])
    async with provider.serving() as url:
        assert await PublishedKeys(url).find(None, "RS256") is None
