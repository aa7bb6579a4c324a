"""A real implementation of the prison system's contract, for tests, demos and other people's integration tests."""
