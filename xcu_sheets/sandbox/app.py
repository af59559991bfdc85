"""The Flask application: the routes of the API document, sessions, and the shape of refusals."""

import json
import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from . import administrators, entities, templates, users, xivos
from .forms import Refusal
from .passwords import opens
from .state import Restored, Row, to_json
from .world import Answer, Ask, World

PREFIX = "/api/1.0"
COOKIE = "PLAY_SESSION"
ROUND = "sandbox.round"  # the environment's key for the round of the store in which a call came

LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>XCU</title></head><body>"
    "<form method='post'>Login <input name='login'> Password <input name='password' type='password'></form>"
    "</body></html>"
)

ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "/xivo", xivos.list_xivos),
    ("GET", "/xivo/synchronize_config_files", xivos.synchronize),
    ("GET", "/xivo/<int:id_>", xivos.get_xivo),
    ("POST", "/xivo", xivos.create_xivo),
    ("GET", "/entities", entities.list_entities),
    ("GET", "/entities/<combined_id>", entities.get_entity),
    ("POST", "/entities", entities.create_entity),
    ("PUT", "/entities/<combined_id>", entities.edit_entity),
    ("DELETE", "/entities/<combined_id>", entities.delete_entity),
    ("GET", "/entities/<combined_id>/users", entities.list_users),
    ("GET", "/entities/<combined_id>/available_numbers", entities.list_available_numbers),
    ("GET", "/users/<int:id_>", users.get_user),
    ("POST", "/users", users.create_user),
    ("PUT", "/users/<int:id_>", users.edit_user),
    ("DELETE", "/users/<int:id_>", users.delete_user),
    ("GET", "/templates", templates.list_templates),
    ("GET", "/templates/<int:id_>", templates.get_template),
    ("POST", "/templates", templates.create_template),
    ("PUT", "/templates/<int:id_>", templates.edit_template),
    ("DELETE", "/templates/<int:id_>", templates.delete_template),
    ("GET", "/administrators", administrators.list_administrators),
    ("GET", "/administrators/<int:id_>", administrators.get_administrator),
    ("POST", "/administrators", administrators.create_administrator),
    ("PUT", "/administrators/<int:id_>", administrators.edit_administrator),
    ("DELETE", "/administrators/<int:id_>", administrators.delete_administrator),
)


def make_app(world: World) -> Flask:
    """Return the application that serves one world."""
    app = Flask("xcu_sheets.sandbox", static_folder=None)
    app.add_url_rule("/login", "login_page", lambda: Response(LOGIN_PAGE, mimetype="text/html"))
    app.add_url_rule(f"{PREFIX}/login", "login", lambda: _login(world), methods=["POST"])
    for method, path, handler in ROUTES:
        view = _view(world, handler)
        app.add_url_rule(PREFIX + path, f"{method} {path}", view, methods=[method], provide_automatic_options=False)
    app.register_error_handler(HTTPException, _http_error)
    return app


def json_answer(status: int, value: Any) -> Response:
    """Return a JSON answer, or an empty one without a content type for None."""
    if value is None:
        answer = Response(status=status)
        del answer.headers["Content-Type"]
        return answer
    return Response(to_json(value), status=status, content_type="application/json")


def read_payload() -> dict[str, Any]:
    """Return the JSON object of a request; Play answers 415 to another content type and 400 to broken JSON."""
    if not request.is_json:
        raise Refusal(415, {"error": "Expecting text/json or application/json body"})
    try:
        payload = json.loads(request.get_data())
    except ValueError:
        raise Refusal(400, {"error": "Invalid Json"}) from None
    if not isinstance(payload, dict):
        raise Refusal(400, {"obj": [{"msg": ["error.expected.jsobject"], "args": []}]})
    return payload


def _view(world: World, handler: Callable[..., Answer]) -> Callable[..., Response]:
    """Wrap a handler: session first, then the payload, then the work as one transaction."""

    def view(**arguments: Any) -> Response:
        administrator = _administrator(world)
        if administrator is None:
            return _unauthorised(world)
        try:
            payload = read_payload() if request.method in ("POST", "PUT") else {}
            with world.store.within(request.environ[ROUND]), world.store.transaction():
                answer = handler(Ask(world, administrator, payload), **arguments)
        except Refusal as refusal:
            return json_answer(refusal.status, refusal.payload)
        except Restored:
            return json_answer(503, {"error": "The state was put back meanwhile"})
        return json_answer(answer.status, answer.value)

    return view


def _administrator(world: World) -> Row | None:
    """Return the administrator whose living session the cookie names."""
    token = request.cookies.get(COOKIE, "")
    if request.environ.get("sandbox.expire"):
        world.sessions.pop(token, None)
    id_ = world.sessions.get(token)
    return None if id_ is None else world.store.one("SELECT * FROM administrators WHERE id = ?", id_)


def _unauthorised(world: World) -> Response:
    """Answer a call without a session as the switch ``unauthorised`` says."""
    if world.switches.unauthorised == "redirect":
        return Response(status=302, headers={"Location": "/login"})
    if world.switches.unauthorised == "html":
        return Response(LOGIN_PAGE, mimetype="text/html")
    if world.switches.unauthorised == "403":
        return json_answer(403, {"error": "Forbidden"})
    return json_answer(401, {"error": "Unauthorized"})


def _login(world: World) -> Response:
    """POST /login: an empty 200 with a session cookie, or 401."""
    try:
        payload = read_payload()
    except Refusal as refusal:
        return json_answer(refusal.status, refusal.payload)
    login, password = str(payload.get("login")), str(payload.get("password"))
    row = world.store.one("SELECT * FROM administrators WHERE login = ?", login)
    if row is None or not opens(row["password"], login, password):
        return json_answer(401, {"error": "Wrong login or password"})
    token = secrets.token_hex(24)
    world.sessions[token] = row["id"]
    answer = json_answer(200, None)
    answer.set_cookie(COOKIE, token, path="/", httponly=True)
    return answer


def _http_error(error: HTTPException) -> Response:
    """Answer Flask's own refusals as Play does: a method that is not routed is not found."""
    status = error.code or 500
    return json_answer(404 if status == 405 else status, {"error": "Action not found" if status < 500 else "Oops"})
