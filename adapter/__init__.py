"""What we do when, and what we remember: the service itself."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("prison-visits-adapter")
except PackageNotFoundError:  # run from a folder that was never installed
    __version__ = "0"
