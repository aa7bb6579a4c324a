"""The saga: what is done when, and what is remembered of it."""
