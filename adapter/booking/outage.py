"""The store's errors in the words of the facades."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapter.booking.views import StoreUnavailable
from adapter.store import errors as store_errors


@asynccontextmanager
async def store_errors_told() -> AsyncIterator[None]:
    """Raises `adapter.booking.views.StoreUnavailable` for the store's own."""
    try:
        yield
    except store_errors.StoreUnavailable as error:
        raise StoreUnavailable from error
