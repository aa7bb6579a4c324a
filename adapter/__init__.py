"""What we do when, and what we remember: the service itself."""
