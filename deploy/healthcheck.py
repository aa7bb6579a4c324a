"""Ends with 0 if the process here answers: healthcheck.py [URL]."""

import sys
import urllib.request
from http.client import HTTPException

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080/health/liveness"
try:
    with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 - an address of our own
        sys.exit(reply.status != 200)
except (OSError, HTTPException):
    sys.exit(1)
