"""How it is logged: events, fields, and what never appears."""
