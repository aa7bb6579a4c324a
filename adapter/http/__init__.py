"""The JSON API of the web booking frontend's contract."""

from adapter.http.app import make_api
from adapter.http.context import BuildInfo

__all__ = ["BuildInfo", "make_api"]
