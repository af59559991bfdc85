"""A sandbox per test and a plain client of its API."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from xcu_sheets.sandbox import Sandbox, SandboxConfig


class Api:
    """A logged-in requests session; paths are those after /api/1.0."""

    def __init__(self, url: str) -> None:
        self.base = url + "/api/1.0"
        self.session = requests.Session()
        self.session.trust_env = False

    def login(self, login: str = "admin", password: str = "superpass") -> requests.Response:
        return self.post("/login", {"login": login, "password": password})

    def call(self, method: str, path: str, payload: Any = None) -> requests.Response:
        return self.session.request(method, self.base + path, json=payload, allow_redirects=False, timeout=30)

    def get(self, path: str) -> requests.Response:
        return self.call("GET", path)

    def post(self, path: str, payload: Any) -> requests.Response:
        return self.call("POST", path, payload)

    def put(self, path: str, payload: Any) -> requests.Response:
        return self.call("PUT", path, payload)

    def delete(self, path: str) -> requests.Response:
        return self.call("DELETE", path)

    def items(self, path: str) -> list[Any]:
        return self.get(path).json()["items"]

    def new_user(self, place: int = 0, number: int = 0, **fields: Any) -> dict[str, Any]:
        """Return a payload that the server accepts, for a free number of the place-th entity."""
        cid = self.items("/entities")[place]["combinedId"]
        free = self.items(f"/entities/{cid}/available_numbers")
        names = {"firstName": "Alice", "lastName": "Liddell"}
        return {"entityCId": cid, "templateId": 1, "internalNumber": free[number], **names, **fields}

    def edit_of(self, user_id: int, **fields: Any) -> dict[str, Any]:
        """Return a PUT payload that leaves a user's documented fields as they are, apart from ``fields``."""
        user = self.get(f"/users/{user_id}").json()
        keys = ("firstName", "lastName", "internalNumber", "ctiLogin")
        return {"entityCId": user["entity"]["combinedId"], **{key: user[key] for key in keys}, **fields}


@pytest.fixture
def start() -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes of a given configuration; all are stopped at the end."""
    with ExitStack() as stack:
        yield lambda **fields: stack.enter_context(Sandbox(SandboxConfig(**fields)))


@pytest.fixture
def connect() -> Iterator[Callable[..., Api]]:
    """Connect to a sandbox; ``login`` None stays outside."""
    with ExitStack() as stack:

        def new(sandbox: Sandbox, login: str | None = "admin", password: str = "superpass") -> Api:
            api = Api(sandbox.url)
            stack.enter_context(api.session)
            if login is not None:
                assert api.login(login, password).status_code == 200
            return api

        yield new


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    """A sandbox of the default size."""
    return start()


@pytest.fixture
def api(sandbox: Sandbox, connect: Callable[..., Api]) -> Api:
    """The super-administrator's client of the default sandbox."""
    return connect(sandbox)
