"""The state of a sandbox: one SQLite connection behind one lock."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS xivos (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL, name TEXT NOT NULL, host TEXT NOT NULL UNIQUE,
    capacity INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS entities (
    id INTEGER PRIMARY KEY AUTOINCREMENT, combined_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    display_name TEXT NOT NULL, xivo_id INTEGER NOT NULL REFERENCES xivos (id), intervals TEXT NOT NULL,
    presented_number TEXT NOT NULL, extra TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, entity_id INTEGER NOT NULL REFERENCES entities (id),
    xivo_id INTEGER NOT NULL, template_id INTEGER, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
    internal_number TEXT NOT NULL, mail TEXT, cti_login TEXT, cti_password TEXT,
    provisioning_number TEXT NOT NULL, extra TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS templates (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS administrators (
    id INTEGER PRIMARY KEY AUTOINCREMENT, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, password TEXT,
    super_admin INTEGER NOT NULL, ldap INTEGER NOT NULL, entity_ids TEXT NOT NULL);
DROP INDEX IF EXISTS one_number;
DROP INDEX IF EXISTS one_login;
CREATE INDEX IF NOT EXISTS users_of_number ON users (xivo_id, internal_number);
CREATE INDEX IF NOT EXISTS users_of_login ON users (xivo_id, cti_login);
CREATE INDEX IF NOT EXISTS users_of_entity ON users (entity_id);
"""

USER_COLUMNS = (
    "entity_id",
    "xivo_id",
    "template_id",
    "first_name",
    "last_name",
    "internal_number",
    "mail",
    "cti_login",
    "cti_password",
    "provisioning_number",
    "extra",
)

INSERT_USER = """
INSERT INTO users (id, entity_id, xivo_id, template_id, first_name, last_name, internal_number, mail, cti_login,
    cti_password, provisioning_number, extra)
VALUES (:id, :entity_id, :xivo_id, :template_id, :first_name, :last_name, :internal_number, :mail, :cti_login,
    :cti_password, :provisioning_number, :extra)
"""

UPDATE_USER = """
UPDATE users SET entity_id = :entity_id, xivo_id = :xivo_id, template_id = :template_id, first_name = :first_name,
    last_name = :last_name, internal_number = :internal_number, mail = :mail, cti_login = :cti_login,
    cti_password = :cti_password, provisioning_number = :provisioning_number, extra = :extra
WHERE id = :id
"""

Row = sqlite3.Row


def to_json(value: Any) -> str:
    """Render a JSON value compactly, accents as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Restored(Exception):
    """The state was put back after the call that wants to change it had come."""


class Store:
    """An SQLite file or ``:memory:``; every use holds the lock, so one call at a time sees and changes it.

    ``round`` is how often the state was put back.
    """

    def __init__(self, database: str) -> None:
        self.round = 0
        self._lock = threading.RLock()
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        """Close the connection; a call that still runs is waited for."""
        with self._lock:
            self._connection.close()
            self._kept.close()

    def keep(self) -> None:
        """Remember the present state for restore()."""
        with self._lock:
            self._connection.backup(self._kept)

    def restore(self) -> None:
        """Put the remembered state back; transactions of the rounds before can change nothing any more."""
        with self._lock:
            self._kept.backup(self._connection)
            self.round += 1

    @contextmanager
    def within(self, round_: int) -> Iterator[None]:
        """Hold the lock; raises Restored if that round is over."""
        with self._lock:
            if round_ != self.round:
                raise Restored
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; commit at the end, or undo everything if the body raises."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def all(self, sql: str, *parameters: Any) -> list[Row]:
        """Return every row of a query."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, *parameters: Any) -> Row | None:
        """Return the first row of a query, or None."""
        rows = self.all(sql, *parameters)
        return rows[0] if rows else None

    def run(self, sql: str, *parameters: Any) -> int:
        """Execute one statement and return the id of the row it inserted, if it did."""
        with self._lock:
            return self._connection.execute(sql, parameters).lastrowid or 0

    def insert_users(self, users: Iterable[Mapping[str, Any]]) -> None:
        """Insert many users, each with its id."""
        with self._lock:
            self._connection.executemany(INSERT_USER, users)

    def insert_user(self, user: Mapping[str, Any]) -> int:
        """Insert one user and return its id, which was never used before."""
        with self._lock:
            return self._connection.execute(INSERT_USER, {"id": None, **user}).lastrowid or 0

    def update_user(self, user: Mapping[str, Any]) -> None:
        """Write every column of one user."""
        with self._lock:
            self._connection.execute(UPDATE_USER, user)

    def is_empty(self) -> bool:
        """Say whether nothing was ever seeded here."""
        return self.one("SELECT 1 FROM sqlite_sequence WHERE name = 'administrators'") is None
