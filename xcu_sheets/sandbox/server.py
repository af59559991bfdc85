"""The sandbox itself: waitress in a thread around the API, and a view behind it for tests."""

import socket
import sqlite3
import threading
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from waitress import wasyncore
from waitress.server import create_server

from .app import make_app
from .control import add_control
from .desk import Desk
from .gate import Gate
from .loading import load_store
from .seeding import seed_store
from .settings import Call, Fault, SandboxConfig
from .state import USER_COLUMNS, Store
from .wire import Wire
from .world import World

THREADS = 64
WHOLE_ANSWERS = 256 * 1024 * 1024


class Sandbox:
    """An embedded XCU server: a context manager, or start() and stop(), or serve_forever()."""

    def __init__(self, config: SandboxConfig | None = None) -> None:
        self.config = config or SandboxConfig()
        self._desk = Desk()
        self._stopping = threading.Event()
        self._sockets: dict[int, Any] = {}
        self._world: World | None = None
        self._server: Any = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Open the database, fill it if it is empty, and listen; returns when calls are served.

        Raises ValueError for content that does not go together, or that has no room in a database that is filled.
        """
        if self._thread is not None:
            raise RuntimeError("the sandbox runs already")
        config = self.config
        store = Store(config.database)
        try:
            _fill(store, config)
            store.keep()
            self._world = World(store, config.switches, config.seed)
            self._server = self._listen(self._world)
        except BaseException:
            self._world = None
            store.close()
            raise
        self._stopping.clear()
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close every connection, wait for calls that are being served, call off late work, and close the database."""
        if self._thread is None:
            return
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join()
        self._server.task_dispatcher.shutdown()
        self._desk.late.cancel()
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        wasyncore.close_all(self._sockets)
        self.world.store.close()
        self._world = self._server = self._thread = None

    def serve_forever(self) -> None:
        """Serve until Ctrl-C; start if need be, stop at the end."""
        if self._thread is None:
            self.start()
        try:
            while not self._stopping.wait(1):
                pass
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    @property
    def world(self) -> World:
        """The state behind the API; raises RuntimeError when the sandbox does not run."""
        if self._world is None:
            raise RuntimeError("the sandbox does not run")
        return self._world

    @property
    def url(self) -> str:
        """The address to give to a client, without ``/api/1.0``."""
        if self._server is None:
            raise RuntimeError("the sandbox does not run")
        return f"http://{self.config.host}:{self._server.effective_port}"

    @property
    def calls(self) -> list[Call]:
        """Every API call that was answered or dropped so far."""
        return self._desk.calls.copy()

    def clear_calls(self) -> None:
        """Forget the calls so far."""
        self._desk.calls.clear()

    @property
    def late_calls(self) -> list[Call]:
        """The calls whose work was done late so far, each with the status that nobody was told."""
        return self._desk.late_calls.copy()

    @property
    def late_pending(self) -> int:
        """How many calls have their work still to come."""
        return self._desk.late.pending

    def finish_late(self, timeout: float = 30) -> None:
        """Wait until the late work that is pending now is done; raises TimeoutError after so many seconds."""
        if not self._desk.late.finish(timeout):
            raise TimeoutError(f"late work is still to come after {timeout:g} s")

    def add_fault(self, fault: Fault) -> None:
        """Arm one fault; its calls count from now."""
        self._desk.faults.add(fault)

    def clear_faults(self) -> None:
        """Disarm every fault."""
        self._desk.faults.clear()

    def reset(self) -> None:
        """Put the state back to that of start(), forget calls and faults; living sessions and the switches stay.

        Late work is called off, and a call that came before and is still in a pause is dropped: nothing of before
        changes the state that was put back.
        """
        self._desk.clear()
        self.world.reset()
        self._desk.clear()

    def set_switches(self, **changes: Any) -> None:
        """Change some of the switches; raises TypeError or ValueError for what there is not."""
        self.world.switches = replace(self.world.switches, **changes)

    @property
    def syncs(self) -> int:
        """How often synchronize_config_files was called."""
        return self.world.syncs

    def user_row(self, user_id: int) -> dict[str, Any] | None:
        """Return the stored columns of a user, or None; secrets in clear."""
        row = self.world.store.one("SELECT * FROM users WHERE id = ?", user_id)
        return None if row is None else dict(row)

    def password_of(self, user_id: int) -> str | None:
        """Return the CTI password that a user really has."""
        password: str | None = self._column(user_id, "cti_password")
        return password

    def template_of(self, user_id: int) -> int | None:
        """Return the template that a user was made with, or that the last PUT named."""
        template: int | None = self._column(user_id, "template_id")
        return template

    def edit_user(self, user_id: int, **columns: Any) -> None:
        """Change a user behind the client's back, unchecked; raises KeyError for no such user or column."""
        unknown = columns.keys() - set(USER_COLUMNS)
        row = self.user_row(user_id)
        if row is None or unknown:
            raise KeyError(*(unknown or (user_id,)))
        self.world.store.update_user({**row, **columns})

    def delete_user(self, user_id: int) -> None:
        """Delete a user behind the client's back; nothing happens if he is not there."""
        self.world.store.run("DELETE FROM users WHERE id = ?", user_id)

    def _column(self, user_id: int, name: str) -> Any:
        row = self.user_row(user_id)
        if row is None:
            raise KeyError(user_id)
        return row[name]

    def _listen(self, world: World) -> Any:
        """Return a waitress server that listens; answers of any size stay in memory."""
        app = make_app(world)
        add_control(app, self)
        gate = Gate(app, world, self._desk, self._stopping.wait)
        gate.latency = self.config.latency
        # Bound here, for waitress starts its threads before it finds a port in use.
        listening = socket.create_server((self.config.host, self.config.port), backlog=1024)
        server = create_server(
            gate,
            map=self._sockets,
            sockets=[listening],
            threads=THREADS,
            backlog=1024,
            connection_limit=1000,
            channel_timeout=600,
            outbuf_overflow=WHOLE_ANSWERS,
            outbuf_high_watermark=WHOLE_ANSWERS,
            asyncore_use_poll=hasattr(wasyncore.select, "poll"),
            ident=None,
        )
        server.channel_class = Wire
        return server

    def _serve(self) -> None:
        """Run waitress's loop until stop() is called; stop() wakes it up."""
        while not self._stopping.is_set():
            wasyncore.loop(timeout=1, map=self._sockets, use_poll=self._server.adj.asyncore_use_poll, count=1)


def _fill(store: Store, config: SandboxConfig) -> None:
    """Put the data in with which a sandbox begins."""
    if config.content is not None:
        if not store.is_empty():
            raise ValueError("the database holds a server already")
        try:
            load_store(store, config.content)
        except (KeyError, TypeError, sqlite3.Error) as error:
            raise ValueError(f"the records do not go together: {error}") from error
    elif store.is_empty():
        seed_store(store, config)
