"""How it is logged: events, fields, and what never appears.

    from adapter.log import events, get_logger

    _log = get_logger()
    _log.info(events.STEP_TAKEN, step="checking", happened="post", to="booking", duration_ms=12)

`bound` adds fields to every line inside a block, such as the visit's id.
"""

from adapter.log.context import bound
from adapter.log.setup import get_logger, setup

__all__ = ["bound", "get_logger", "setup"]
