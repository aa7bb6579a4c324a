"""Settings: read once, checked, frozen, handed down."""
