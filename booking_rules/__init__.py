"""May this visit happen, and when: pure functions and tables, with no clock and no I/O."""
