"""What the JSON API, the staff pages and the reports share: middlewares, request ids, headers, limits."""

from adapter.web.app import make_app
from adapter.web.front import Face
from adapter.web.server import ServerTimes, listen

__all__ = ["Face", "ServerTimes", "listen", "make_app"]
