"""Tables, unit of work, queries and migrations. Knows no HTTP and no prison system."""
