"""What the JSON API, the staff pages and the reports share: middlewares, request ids, headers, limits."""
