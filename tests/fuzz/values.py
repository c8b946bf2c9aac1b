"""Random values: numbers, texts and nested objects, mostly unusable ones."""

from __future__ import annotations

import random
import string
from typing import Any

NUMBERS = [
    0, 1, -1, 2, 3, 0.5, 1.5, -0.0, 1e-300, 1e308, -1e308, 1e20, 2**31, 2**53, 2**63, 10**400,
    float("nan"), float("inf"), float("-inf"), 1e30, 1e31, 5e-324, 10**11,
]  # fmt: skip
TEXTS = [
    "", " ", "\n", "\0", "[/x]", "[red]", "'", '"', "\\", "../..", "a" * 300, "é" * 300, "γ",
    "\u2028", "\ud800", "{}", "%s", "{x}", "NaN", "None", "true", "0:1:3", "1e400", "-", "--", "/",
    "/dev/null", "force", "energy", "temperature", "none", "chignolin", "em", "dpm", "3-8,12",
    "9" * 5000, "A", "pdb",
]  # fmt: skip


def number(rng: random.Random) -> Any:
    if rng.random() < 0.6:
        return rng.choice(NUMBERS)
    return rng.choice([rng.randint(-5, 50), rng.uniform(-3, 3), 10 ** rng.uniform(-20, 20)])


def text(rng: random.Random) -> str:
    if rng.random() < 0.7:
        return rng.choice(TEXTS)
    letters = string.printable + "γη[]\0é"
    return "".join(rng.choice(letters) for _ in range(rng.randint(0, 40)))


def anything(rng: random.Random, depth: int = 2) -> Any:
    """Return a value as JSON may contain it."""
    kind = rng.random()
    if kind < 0.4 or depth == 0:
        return number(rng)
    if kind < 0.7:
        return text(rng)
    if kind < 0.8:
        return rng.choice([None, True, False])
    size = rng.randint(0, 3)
    if kind < 0.9:
        return [anything(rng, depth - 1) for _ in range(size)]
    return {text(rng): anything(rng, depth - 1) for _ in range(size)}


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return a file with a damage: cut, flipped, repeated, deeply nested or with a huge number."""
    if not content:
        return rng.randbytes(20)
    where, kind = rng.randrange(len(content)), rng.randrange(8)
    if kind == 0:
        return content[:where]
    if kind == 1:
        flipped = bytearray(content)
        for _ in range(rng.choice([1, 10, 100])):
            flipped[rng.randrange(len(flipped))] = rng.randrange(256)
        return bytes(flipped)
    if kind == 2:
        return content[:where] + content[where // 2 :]
    if kind == 3:
        return content[:where] + b"[" * 50_000 + content[where:]
    if kind == 4:
        huge = rng.choice([b"9" * 5000, b"1e999", b"-1", b"NaN", b"null", b"{}", b"99999999999"])
        digits = [
            i for i in range(where, min(where + 2000, len(content))) if content[i] in b"0123456789"
        ]
        at = digits[0] if digits else where
        return content[:at] + huge + content[at + 1 :]
    if kind == 5:
        return content[:where] + rng.randbytes(rng.choice([1, 100, 10_000])) + content[where:]
    if kind == 6:
        return rng.choice(
            [b"", b"\0" * 100, b"\xff\xfe" + content, b"PK\x03\x04" + content, b"\n" * 1000]
        )
    return content.replace(b"\n", rng.choice([b"\r", b"\r\n", b"", b"\n\n"]))
