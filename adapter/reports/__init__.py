"""The service's own published figures."""
