"""Settings: read once, checked, frozen, handed down."""

from adapter.config.book import PrisonBook
from adapter.config.complaint import ConfigError
from adapter.config.holidays import bank_holidays
from adapter.config.load import load
from adapter.config.registry import Registry
from adapter.config.settings import Settings

__all__ = ["ConfigError", "PrisonBook", "Registry", "Settings", "bank_holidays", "load"]
