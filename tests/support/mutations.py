"""Damage to bytes, as wires, proxies and other people's releases do it. The same seed does the same damage."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Damage = Callable[[Random, bytes], bytes]

# What a JSON or HTTP reader may stumble over.
TOKENS = (
    b"null",
    b"true",
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-1",
    b"0",
    b"9" * 5000,
    b"1" + b"0" * 30,
    b'"',
    b"\\ud800",
    b"\\u0000",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x00",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[" * 3000,
    b'{"a":' * 3000,
    b",",
    b":",
    b"\r\n",
    b"\r\n\r\n",
    b'"2026-13-45"',
    b'"2026-W01-1"',
    b'"2026-12-14T25:00/26:00"',
    b'"2026-12-14T15:00/14:00"',
    b"<html>",
    b"<!DOCTYPE x>",
)


def _flip(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _cut_off(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _cut_out(rng: Random, data: bytes) -> bytes:
    begin, end = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return data[:begin] + data[end:]


def _repeat(rng: Random, data: bytes) -> bytes:
    begin, end = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return data[:end] + data[begin:end] + data[end:]


def _insert(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(TOKENS) + data[at:]


def _replace_value(rng: Random, data: bytes) -> bytes:
    """Put a token where a value stands."""
    begin = data.find(b":", rng.randrange(len(data)))
    if begin < 0:
        return _insert(rng, data)
    ends = [at for at in (data.find(mark, begin) for mark in (b",", b"}", b"]")) if at > 0]
    return data[: begin + 1] + rng.choice(TOKENS) + data[min(ends, default=len(data)) :]


_ALL: tuple[Damage, ...] = (_flip, _cut_off, _cut_out, _repeat, _insert, _replace_value, _replace_value)


def damaged(rng: Random, data: bytes) -> bytes:
    """The data after one to three kinds of damage."""
    for _ in range(rng.randint(1, 3)):
        if data:
            data = rng.choice(_ALL)(rng, data)
    return data
