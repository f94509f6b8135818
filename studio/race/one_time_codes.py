"""One-time codes of voters: how they are drawn, read as somebody types them, hashed and written for people."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # 32 symbols; I, L, O and U are left out (Crockford's base 32)
LENGTH = 10  # of 5 bits each
LOOK_ALIKES = str.maketrans("ILO", "110")
MAX_TYPED = 64
WORK = {"n": 2**12, "r": 8, "p": 1}  # of scrypt: 4 MB and some 10 ms for each guess at a stolen hash


def draw(length: int = LENGTH) -> str:
    """Draw a code: 5 bits for each symbol, from the system's randomness."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normalised(typed: object) -> str | None:
    """Return the code that somebody typed, whatever case, width, spaces and hyphens; None where it cannot be one."""
    if not isinstance(typed, str) or len(typed) > MAX_TYPED:
        return None
    text = unicodedata.normalize("NFKC", typed).upper().translate(LOOK_ALIKES)
    code = "".join(letter for letter in text if letter not in " -\t\r\n‐‑–ー−")
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def hashed(code: str, salt: str) -> str:
    """Return the salted hash of a normalised code, which is all that is kept of it: 64 hexadecimal digits."""
    return hashlib.scrypt(code.encode(), salt=salt.encode(), dklen=32, **WORK).hex()


def grouped(code: str, size: int = 5) -> str:
    """Write a code or a receipt in groups for people."""
    return "-".join(code[start : start + size] for start in range(0, len(code), size))


def to_symbols(digest: bytes, length: int) -> str:
    """Write the first 5 * length bits of a digest in the symbols of codes."""
    number = int.from_bytes(digest, "big") >> (8 * len(digest) - 5 * length)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
