"""Server-rendered pages on which booking staff answer a request."""
