"""The names of what is logged: `noun.past_verb`. Fields carry units; none carries personal data."""

from __future__ import annotations

from typing import Final

# -- the faces (HTTP) ---------------------------------------------------------------------------------------------
REQUEST_ANSWERED: Final = "request.answered"
"""One per request. method, route (the template, never the path), status, duration_ms."""
REQUEST_CRASHED: Final = "request.crashed"
"""A fault of ours became a 500. error (its class), frames (where)."""
REQUEST_GARBLED: Final = "request.garbled"
"""What arrived is not HTTP, or its head is too big. status, error (its class)."""
SERVER_STARTED: Final = "server.started"
"""A listener accepts connections. face, url."""
SERVER_STOPPED: Final = "server.stopped"
"""A listener has closed. face."""
LOGIN_KEYS_UNAVAILABLE: Final = "login_keys.not_fetched"
"""The identity provider's keys could not be fetched; those we have go on serving. error (its class)."""
