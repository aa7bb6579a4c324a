"""The saga: one visit, one step further, by whoever holds it."""

from adapter.booking.saga.run import advance

__all__ = ["advance"]
