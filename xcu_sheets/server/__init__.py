"""The HTTP edge: the only room that talks to an XCU server."""

from .client import Client
from .editing import edit_record
from .payloads import create_payload, update_payload
from .reading import gather, read_snapshot, read_users
from .retry import Retrier, RetryPolicy
from .session import CallLog, Written
from .transport import Answer, Timeouts

__all__ = [
    "Answer",
    "CallLog",
    "Client",
    "Retrier",
    "RetryPolicy",
    "Timeouts",
    "Written",
    "create_payload",
    "edit_record",
    "gather",
    "read_snapshot",
    "read_users",
    "update_payload",
]
