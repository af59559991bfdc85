"""The questions of a probe, each answered by what the server does to a throw-away record, or left open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...model.directory import Unresolved
from ...model.errors import ApiError
from ...model.records import Record
from ...model.text import Said, safe_text
from ...server import Answer, Client
from ..sending import DONE
from .records import Open, ProbeRecords
from .site import ProbeSite, entity_of, offers
from .writes import Told, answered_id, shape_of

NO_LOGIN = Said("the probe user has no CTI login and password")

Step = tuple[Callable[[], None], tuple[str, ...]]


class Questions:
    """Asks a server one question after the other: `found` are the findings by name, `why` the reasons for the others.

    What one question cannot answer keeps none of the others from being asked.
    """

    def __init__(self, client: Client, site: ProbeSite, records: ProbeRecords) -> None:
        self.found: dict[str, Any] = {}
        self.why: dict[str, str] = {}
        self._client, self._site, self._records = client, site, records
        self._login = True  # whether a user is made with one, for all that was said so far
        self._seen: Record = {}  # the first user, as it was last read

    def ask(self, cancelled: Callable[[], bool], progress: Callable[[int, int], None] | None = None) -> None:
        """Ask them all. Raises LoginFailed, HistoryError, or XcuError where there is no template for a user."""
        steps = self._steps()
        for number, (step, names) in enumerate(steps, 1):
            reason = _reason(step, cancelled)
            for name in names:
                if name not in self.found:
                    self.why.setdefault(name, reason)
            if progress:
                progress(number, len(steps))

    def _steps(self) -> list[Step]:
        passwords = ("list_shows_password", "get_shows_password", "passwords_survive")
        edits = ("put_needs_template", "put_takes_own_values", "put_answer", "put_status", "put_changes_unasked")
        return [
            (self._ask_session, ("expired_session",)),
            (self._records.make_template, ()),
            (self._ask_create, ("post_answer", "post_status", "creates_at_once")),
            (self._ask_own_values, (*edits, *passwords)),
            (self._ask_omitted, ("put_clears_omitted",)),
            (self._ask_move, ("put_moves_entity", "move_keeps_number")),
            (self._ask_taken, ("number_unique_in_entity",)),
            (self._ask_taken_elsewhere, ("number_unique_in_xivo",)),
        ]

    def _ask_session(self) -> None:
        self.found["expired_session"] = _kind_of(self._client.ask_without_login())

    # Creates

    def _ask_create(self) -> None:
        first = self._create()
        second: list[Told] = []
        if len(first) > 1 and not _all_done(first) and self._are_all_made():
            self._records.remove(*self._site.numbers)
            second = self._create()  # a trouble that passes does not strike twice
        self._tell_at_once(first, second)

    def _create(self) -> list[Told]:
        """Create the users at the same moment, then alone those that failed, under their own numbers.

        Return what the creates at the same moment were told.
        """
        site, records = self._site, self._records
        who = [(number, self._login and not at) for at, number in enumerate(site.numbers)]
        writes = [records.new_user(number, site.entity, "a user to try", login=login) for number, login in who]
        told = records.send(*writes)
        records.list_users()
        lost = [at for at, number in enumerate(site.numbers) if number not in records.users]
        alone = [records.send(writes[at])[0] for at in lost]
        if self._login and 0 in lost and alone[0].said_no:  # is it for its login or password?
            self._login = False
            alone += records.send(records.new_user(site.numbers[0], site.entity, "a user without login"))
        if lost:
            records.list_users()
        self._tell_post([*told, *alone])
        return told

    def _are_all_made(self) -> bool:
        return all(number in self._records.users for number in self._site.numbers)

    def _tell_post(self, told: list[Told]) -> None:
        done = [one for one in told if one.status == DONE]
        if not done:
            self.why.update(
                dict.fromkeys(("post_answer", "post_status"), Said("no create succeeded ({why})", why=told[0].said))
            )
            return
        is_true = answered_id(done[0].value) in {"", *self._records.ids}
        self.found.update(post_status=done[0].http, post_answer=shape_of(done[0].value) if is_true else "other")

    def _tell_at_once(self, first: list[Told], second: list[Told]) -> None:
        """Tell whether creates at the same moment fail, twice in a row, that succeed alone."""
        if len(first) < 2:
            raise Open("it takes two free numbers and two places on the XiVO")
        last = second or first
        if not self._are_all_made() or not (second or _all_done(first)):
            failed = next((one for one in last if one.status != DONE), None)
            raise Open(
                "one of two did not succeed ({why})", why=failed.said if failed else Said("it is not in the list")
            )
        self.found["creates_at_once"] = _all_done(last)

    # Edits

    def _ask_own_values(self) -> None:
        records, listed = self._records, self._records.made(0)
        before = self._seen = records.read(listed)
        if before.get("ctiLogin"):
            self.found["list_shows_password"] = records.look_of_password(listed)
            self.found["get_shows_password"] = records.look_of_password(before)
        told = self._edit(before)
        self.found.update(put_takes_own_values=True, put_status=told.http, put_answer=shape_of(told.value))
        self._seen = records.read(listed)
        self.found["put_changes_unasked"] = tuple(_differences(before, self._seen))
        self._tell_survival()

    def _edit(self, user: Record) -> Told:
        """Put a user back as it is, with its template only where it does not go without; raises Open."""
        bare = self._records.put(user, "an edit without template")
        told = bare
        if bare.said_no:
            told = self._records.put(user, "an edit with template", templateId=self._records.template["id"])
            if told.status == DONE:  # was the template the reason?
                bare = self._records.put(user, "an edit without template")
        if told.said_no:
            self.found["put_takes_own_values"] = False
        if told.status != DONE:
            raise Open(told.said)
        if bare.said_no or bare.status == DONE:
            self.found["put_needs_template"] = bare.said_no
        return told

    def _tell_survival(self) -> None:
        records = self._records
        look, now = self.found.get("get_shows_password"), records.look_of_password(self._seen)
        if look is None:
            raise Open(NO_LOGIN)
        if look == "null":
            raise Open("the server never shows a password, so nobody sees what an edit does to it")
        if look == now == "masked" and records.look_of_password(records.read(records.made(1))) != "null":
            raise Open("the server shows the same signs whether or not there is a password")
        self.found["passwords_survive"] = now == look

    def _ask_omitted(self) -> None:
        records, before = self._records, self._seen or self._records.read(self._records.made(0))
        if not before.get("ctiLogin"):
            raise Open(NO_LOGIN)
        told = records.put(before, "an edit without CTI login", omit="ctiLogin", **self._template_if_needed())
        if told.status != DONE:
            raise Open(told.said)
        now = records.read(before).get("ctiLogin")
        if now not in (None, "", before["ctiLogin"]):
            raise Open("the CTI login became {login}", login=safe_text(now))
        self.found["put_clears_omitted"] = not now

    def _template_if_needed(self) -> dict[str, Any]:
        return {"templateId": self._records.template["id"]} if self.found.get("put_needs_template") else {}

    def _ask_move(self) -> None:
        records, there, user = self._records, self._site.other, self._records.made(1)
        if not there:
            raise Open("this login sees no other entity of this XiVO")
        template = self._template_if_needed()
        if template and not offers(records.template, there):
            raise Open("no template is offered to both entities")
        place = {"entityCId": there["combinedId"], **template}
        told = records.put(user, "a move, number and all", **place)
        if told.said_no:
            free = self._site.numbers_there(self._client)
            if not free:
                raise Open("refused with its own number ({why}), and the other entity has no free one", why=told.said)
            told = records.put(user, "a move", internalNumber=free[-1], **place)
        self._tell_move(told, user, records.read(user), str(there["combinedId"]))

    def _tell_move(self, told: Told, user: Record, now: Record, there: str) -> None:
        if entity_of(now) == there:
            self.found["put_moves_entity"] = True
            self.found["move_keeps_number"] = now.get("internalNumber") == user["internalNumber"]
            return
        if told.status == DONE or told.said_no:
            self.found["put_moves_entity"] = False
        raise Open(told.said if told.status != DONE else Said("the server said yes and left the user where it was"))

    # Numbers

    def _ask_taken(self) -> None:
        records, number = self._records, str(self._records.made(0)["internalNumber"])
        if self._site.places < 2:
            raise Open("the XiVO has no second place: a refusal would not tell its reason")
        records.remove(*self._site.numbers[1:])  # so that there are never more than two
        (told,) = records.send(records.new_user(number, self._site.entity, "a number that is taken"))
        if told.said_no:
            self.found["number_unique_in_entity"] = True
            return
        if sum(user.get("internalNumber") == number for user in records.list_users()) < 2:
            raise Open(
                told.said if told.status != DONE else Said("the server said yes, and the user is not in its list")
            )
        self.found["number_unique_in_entity"] = False

    def _ask_taken_elsewhere(self) -> None:
        records, there, number = self._records, self._site.other, str(self._records.made(0)["internalNumber"])
        is_unique = self.found.get("number_unique_in_entity")
        if is_unique is None:
            raise Open("it is not known whether a taken number is refused in its own entity")
        if is_unique and (
            not there or number not in (self._site.free_there or ()) or not offers(records.template, there)
        ):
            raise Open("no other entity of this XiVO may have the same numbers: a refusal would not tell its reason")
        if is_unique and there:
            (told,) = records.send(records.new_user(number, there, "a number that is taken in another entity"))
            if not told.said_no and told.status != DONE:
                raise Open(told.said)
            is_unique = told.said_no
        self.found["number_unique_in_xivo"] = is_unique


def _all_done(told: list[Told]) -> bool:
    return all(one.status == DONE for one in told)


def _reason(step: Callable[[], None], cancelled: Callable[[], bool]) -> str:
    """Ask one question and return why its findings are not known, should they not be."""
    try:
        if cancelled():
            raise Open("the probe was interrupted")
        step()
    except (Open, ApiError) as failed:
        return failed.said
    except Unresolved as failed:
        return safe_text(failed, 300)
    return Said("the server's answers do not tell")


def _kind_of(answer: Answer) -> str:
    """Return how a call without a session was answered, as `Findings.expired_session` words it; Open for a trouble."""
    if answer.status >= 500 or answer.status == 429:
        raise Open("the answer was {status}", status=answer.status)
    if answer.is_redirect:
        return "redirect"
    if not answer.ok:
        return str(answer.status)
    return "html" if answer.is_html else "open"


def _differences(before: Record, after: Record) -> Iterator[str]:
    """Yield the members of a user that differ, passwords apart; an entity is known by its combinedId."""
    for key in sorted({*before, *after} - {"entity", "ctiPassword"}):
        if before.get(key) != after.get(key):
            yield key
    if entity_of(before) != entity_of(after):
        yield "entity"
