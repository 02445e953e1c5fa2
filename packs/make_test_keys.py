"""Prints the test keys that the bundled packs carry. Run by hand, not by any build.

    python3 packs/make_test_keys.py NAME...

The secret of each is SHA-256 of "armistice test key NAME": everybody knows it, so that a
signature under it proves nothing. Never put such a key on a roster that matters.
"""

import base64
import hashlib
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def secret(name: str) -> bytes:
    return hashlib.sha256(f"armistice test key {name}".encode()).digest()


def ed25519(name: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(secret(name)).public_key()
    return base64.b64encode(key.public_bytes_raw()).decode()


def age(name: str) -> str:
    key = X25519PrivateKey.from_private_bytes(secret(name)).public_key()
    return bech32("age", key.public_bytes_raw())


def checksum(values: list[int]) -> int:
    found = 1
    for value in values:
        top = found >> 25
        found = (found & 0x1FFFFFF) << 5 ^ value
        for bit, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            found ^= g if top >> bit & 1 else 0
    return found


def bech32(prefix: str, data: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    groups = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    head = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    sum_ = checksum(head + groups + [0] * 6) ^ 1
    groups += [sum_ >> 5 * (5 - n) & 31 for n in range(6)]
    return prefix + "1" + "".join(CHARSET[g] for g in groups)


for name in sys.argv[1:]:
    print(f'{name}\n  ed25519 = "{ed25519(name)}"\n  age = "{age(name)}"')
