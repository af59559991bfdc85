"""The blob that stands for an administrator's password: 64 base64 characters, as in the API document's sample."""

import base64
import hashlib
import hmac


def blob_of(login: str, password: str) -> str:
    """Return the blob; the login is its salt, so that the same data is made every time."""
    return base64.b64encode(hashlib.sha384(f"{login}\0{password}".encode()).digest()).decode()


def opens(blob: str | None, login: str, password: str) -> bool:
    """Say whether a password is the one behind a blob; no blob (LDAP) opens to nobody."""
    return blob is not None and hmac.compare_digest(blob, blob_of(login, password))
