"""make_plan: an edited book, what the server holds and what is remembered, turned into a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..model.book import Book
from ..model.directory import Unresolved
from ..model.errors import PlanError
from ..model.memory import Made, Memory
from ..model.problems import Problem, Severity, has_errors, locate, problem
from ..model.resources import RESOURCES, WRITE_ORDER
from ..model.snapshot import Snapshot, text_cells
from ..model.text import asks_auto, is_auto, safe_text
from ..model.view import View
from ..rules.crossrow import ROW_RULES, Scene, UserRow, check_users, untouched_outside
from ..rules.structure import check_entities, check_templates
from .filling import check_fill
from .guards import check_server, too_many
from .hidden import hidden_problems, without_hidden
from .keys import claim_key, new_keys
from .numbers import assign_numbers
from .plan import Change, Options, Plan, row_name
from .references import Names
from .remedies import suited
from .sheetplan import Setting, SheetPlan, plan_sheet


def make_plan(
    book: Book,
    live: Snapshot | View,
    memory: Memory | None = None,
    options: Options | None = None,
    *,
    run_id: str,
    made_at: str,
    tool_version: str = "",
) -> Plan:
    """Return what importing `book` would do to the server that `live` shows. Numbers are not yet assigned.

    `assign_numbers` fills them in, given the free numbers of `entities_needing_numbers(plan)`. `run_id` names the
    run and `made_at` is UTC ISO 8601: the plan takes no clock and no chance.
    Raises PlanError where the whole book cannot be planned: of another server, without its id column or its key.
    """
    options = _with_fill(options or Options(), book)
    book = claim_key(without_hidden(book, options.hidden), options.key)
    view = live if isinstance(live, View) else View.of_snapshot(live)
    if view.online:
        check_server(book, view)
    before = View.of_baseline(book.baseline).directory
    setting = Setting(book, view, memory or Memory(), options, Names(view.directory, before))
    sheets = {name: _plan_one(name, setting) for name in WRITE_ORDER[:-1] if name in book.sheets}
    if "users" in book.sheets:
        _check_default_template(setting)
        if view.known:
            check_fill(options.fill, setting.names, view, of_book=book.fill)
        sheets["users"] = _plan_one("users", setting)
        _check_users(sheets, setting)
    problems = [*book.problems, *(p for s in sheets.values() for p in s.problems), *_not_imported(book)]
    problems += _no_baseline(book, sheets)
    changes = [change for s in sheets.values() for _, change in sorted(s.changes.items())]
    problems += [*_limits(sheets.values(), setting), *_password_warning(changes, setting)]
    return Plan(
        run_id=run_id,
        made_at=made_at,
        server=view.server,
        login=view.login,
        xivo_uuids=view.xivo_uuids,
        book_path=book.path,
        book_id=book.book_id,
        book_digest=book.digest(),
        tool_version=tool_version,
        options=options,
        changes=tuple(changes),
        unchanged={name: dict(sorted(s.unchanged.items())) for name, s in sheets.items()},
        problems=tuple(locate(suited(_unique(problems), book), book.letters)),
        letters=book.letters,
        keys=_new_keys(sheets.get("users"), view),
        reserved=_reserved(sheets.get("users"), view),
    )


def _with_fill(options: Options, book: Book) -> Options:
    """Return the options with what the book says itself of blank cells, where they say nothing else."""
    return replace(options, fill={**book.fill, **options.fill}) if book.fill else options


def _new_keys(users: SheetPlan | None, view: View) -> tuple[Made, ...]:
    return tuple(new_keys(users.keys, users.frame, users.unchanged, view)) if users else ()


def _check_default_template(setting: Setting) -> None:
    """Raise PlanError where `--default-template` names no template, or several."""
    name = setting.options.default_template
    if not name or not setting.view.known:
        return
    try:
        setting.names.resolve("templates", name)
    except Unresolved as failed:
        known = failed.params.get("candidates") or ", ".join(setting.view.directory.labels("templates"))
        raise PlanError(
            "--default-template {name} is not one template: write one of {known}.", name=safe_text(name), known=known
        ) from None


def _plan_one(name: str, setting: Setting) -> SheetPlan:
    """Plan one sheet with the rules between its own rows, and teach the names it creates to the sheets after it."""
    resource = RESOURCES[name]
    plan = plan_sheet(resource, setting)
    plan.problems += [p for p in setting.book.problems if p.sheet == name and p.row]
    plan.refuse_rows()
    plan.problems += hidden_problems(setting.book.sheets[name], plan.sending(), setting.options.hidden)
    plan.refuse_rows()
    if resource.sheet_writes == "option" and name not in setting.options.include:
        _skip_all(plan)
    if name != "users":
        touched = [row for row, c in plan.sending().items() if c.action != "delete"]
        rule = check_templates if name == "templates" else check_entities
        plan.problems += rule(plan.after, touched, setting.view)
        plan.problems += _still_used(plan, setting) if name == "entities" else []
        plan.refuse_rows()
        _learn(plan, setting)
    return plan


def _skip_all(plan: SheetPlan) -> None:
    """Turn the changes of a sheet that this import does not write into skipped rows, each with a warning.

    What is wrong with them stops nothing here either.
    """
    plan.problems = [replace(p, severity=Severity.WARNING) if has_errors([p]) else p for p in plan.problems]
    for row, change in plan.changes.items():
        if change.action != "skipped":
            plan.changes[row] = replace(change, action="skipped")
            plan.problems.append(problem("sheet_needs_include", Severity.WARNING, sheet=change.sheet, row=row))


def _still_used(plan: SheetPlan, setting: Setting) -> list[Problem]:
    """E7: an entity is deleted only where this book deletes its last users too."""
    users, sheet = setting.view.frame("users"), setting.book.sheets.get("users")
    told = sheet is not None and {"action", "id"} <= set(sheet.frame.columns)
    leaving = sheet.frame.loc[sheet.frame["action"] == "delete", "id"] if sheet and told else []
    found = []
    for row, change in plan.sending().items():
        if change.action == "delete" and len(users):
            stay = (users["entity"] == change.cells["combined_id"]) & ~users.index.isin(list(leaving))
            where = {"sheet": "entities", "row": row, "column": "action", "value": "delete"}
            found += [problem("entity_has_users", **{**where, "count": str(stay.sum())})] if stay.any() else []
    return found


def _learn(plan: SheetPlan, setting: Setting) -> None:
    live = setting.view.frame(plan.resource.name)
    kept = live.loc[live.index.isin(list(plan.unchanged.values()))].to_dict("index")
    rows = {f"id:{id_}": text_cells(cells) for id_, cells in kept.items()}
    for change, cells in _sent_cells(plan):
        rows[f"id:{change.id}" if change.id else f"row:{row_name(change.sheet, change.row)}"] = cells
    setting.names.learn(plan.resource, rows)
    refused = [_cells(plan, row) for row, c in plan.changes.items() if c.action == "refused" and not c.id]
    lost = {cells.get(name, "") for cells in refused for name in ("name", "display_name")} - {""}
    setting.names.refused_names(plan.resource.name, lost)


def _check_users(sheets: Mapping[str, SheetPlan], setting: Setting) -> None:
    """Apply the rules between users until no further row falls: a refused row may free nothing for another.

    What is wrong with a row by itself is said of rows that are refused already too: all problems at once.
    """
    users = sheets["users"]
    users.problems += _template_missing(users, setting)
    if setting.view.known:
        users.problems += untouched_outside(users.after.loc[list(users.unchanged)], setting.view)
    users.problems += check_users(_scene(sheets, users.intended, setting), ROW_RULES)
    users.refuse_rows()
    while True:
        before = users.sending()
        found = check_users(_scene(sheets, before, setting))
        users.problems += found
        users.refuse_rows()
        if not has_errors(found) or len(users.sending()) == len(before):
            return


def _template_missing(users: SheetPlan, setting: Setting) -> list[Problem]:
    """Refuse an edit without template where the server is known to refuse it."""
    if not setting.view.online or not setting.options.put_needs_template:
        return []
    return [
        problem("template_always_needed", sheet="users", row=row, column="template")
        for row, change in users.sending().items()
        if change.action == "update" and "template" not in {e.column for e in change.edits}
    ]


def _scene(sheets: Mapping[str, SheetPlan], sending: Mapping[int, Change], setting: Setting) -> Scene:
    view, users = setting.view, sheets["users"]
    frame = view.frame("templates")
    offered = [(c["name"], (c["xivos"], c["entities"])) for c in frame.to_dict("records")]
    templates: dict[str, tuple[str, str]] = dict(offered)
    prefixes = {c["name"]: _direct_prefix(c) for c in frame.to_dict("records")}
    intervals, xivos = dict(view.intervals_of), dict(view.xivo_of)
    for change, cells in _sent_cells(sheets.get("templates")):
        for name in {cells["name"], str(frame.at[change.id, "name"]) if change.id in frame.index else cells["name"]}:
            templates[name], prefixes[name] = (cells["xivos"], cells["entities"]), _direct_prefix(cells)
    for _, cells in _sent_cells(sheets.get("entities")):
        label = cells["combined_id"] or cells["name"]
        intervals[label], xivos[label] = cells["intervals"], cells["xivo"]
    rows = [_user_row(change, _cells(users, change.row)) for change in sending.values()]
    options = setting.options
    return Scene(
        rows, view, templates, intervals, xivos, options.strict_numbers, options.any_template, prefixes=prefixes
    )


def _direct_prefix(template: Mapping[Any, Any]) -> str:
    """Return the prefix of a template's direct numbers, blank where nobody is called from outside."""
    return str(template.get("routed_inbound_prefix", "")) if template.get("routed_inbound") == "yes" else ""


def _sent_cells(plan: SheetPlan | None) -> Iterable[tuple[Change, dict[str, str]]]:
    for change in plan.sending().values() if plan else ():
        if plan and change.action != "delete":
            yield change, _cells(plan, change.row)


def _cells(plan: SheetPlan, row: int) -> dict[str, str]:
    return text_cells(plan.after.loc[row])


def _user_row(change: Change, cells: Mapping[str, str]) -> UserRow:
    """Return what the rules between users look at, from a change and the cells its row would have afterwards."""
    edits = {e.column: e for e in change.edits}
    creating, deleting = change.action == "create", change.action == "delete"
    number = "" if change.auto or is_auto(cells["internal_number"]) else cells["internal_number"]
    sent_template = cells["template"] if creating or "template" in edits else ""
    return UserRow(
        row=change.row,
        action=change.action,
        id=change.id,
        entity=change.entity,
        number=number,
        login="" if cells["cti_login"].startswith("<") or asks_auto(cells["cti_login"]) else cells["cti_login"],
        template=sent_template,
        label=change.label,
        takes_number=bool(number) and (creating or "internal_number" in edits),
        takes_login=creating or "cti_login" in edits,
        sends_password="cti_password" in edits or "cti_password" in change.cells,
        gives_up=change.freed_number,
        gives_up_login=change.cells.get("cti_login", "")
        if deleting
        else edits["cti_login"].before
        if "cti_login" in edits
        else "",
    )


def _limits(sheets: Iterable[SheetPlan], setting: Setting) -> list[Problem]:
    """Return a problem for each sheet of which the plan changes or deletes too much (DESIGN rule 12)."""
    found = []
    for sheet in sheets:
        touched = sum(change.action in ("update", "delete") for change in sheet.changes.values())
        live = len(setting.view.frame(sheet.resource.name))
        found += too_many(sheet.resource, touched, live, setting.options.allow_changes)
    return found


def _reserved(users: SheetPlan | None, view: View) -> dict[str, frozenset[str]]:
    """Return, by XiVO, every number typed anywhere in the users sheet, whatever becomes of its row (DESIGN rule 10).

    A number whose XiVO the row does not tell, or whose entity this book creates, is reserved on all of them. Rows that
    are deleted give theirs up.
    """
    reserved: dict[str, set[str]] = {xivo: set() for xivo in view.xivo_of.values()}
    if users is not None:
        entity_of = view.column("users", "id", "entity")
        deleted = [row for row, change in users.sending().items() if change.action == "delete"]
        typed = users.frame[(users.frame["internal_number"] != "") & ~users.frame.index.isin(deleted)]
        for id_, entity, number in zip(typed["id"], typed["entity"], typed["internal_number"], strict=True):
            xivo = view.xivo_of.get(entity or entity_of.get(id_, ""))
            for name in [xivo] if xivo else reserved:
                reserved[name].add(number)
    return {xivo: frozenset(numbers) for xivo, numbers in reserved.items()}


def _not_imported(book: Book) -> list[Problem]:
    """Warn about edits in sheets that are for reading only."""
    if not book.baseline:
        return []
    found = []
    for name, sheet in book.sheets.items():
        was = book.baseline.frames.get(name)
        if RESOURCES[name].sheet_writes != "never" or was is None:
            continue
        columns = [c for c in sheet.frame.columns if c in was]
        before = set(was[columns].itertuples(index=False, name=None))
        edited = [
            row
            for row, cells in zip(
                sheet.frame.index, sheet.frame[columns].itertuples(index=False, name=None), strict=True
            )
            if cells not in before
        ]
        if edited:
            rows = ", ".join(map(str, edited[:5]))
            found.append(problem("sheet_not_imported", Severity.WARNING, sheet=name, rows=rows))
    return found


def _no_baseline(book: Book, sheets: Mapping[str, SheetPlan]) -> list[Problem]:
    """Say that rows with an id are compared with the server alone (DESIGN rule 2)."""
    with_id = [name for name, s in sheets.items() if (s.frame["id"] != "").any()]
    return [problem("no_baseline", Severity.INFO, sheet=name) for name in with_id if not book.baseline]


def _password_warning(changes: Iterable[Change], setting: Setting) -> list[Problem]:
    """Say before the write that a PUT empties passwords, or that nobody knows (DESIGN rule 3)."""
    at_risk = [
        c
        for c in changes
        if c.sheet == "users"
        and c.action == "update"
        and c.has_login
        and "cti_password" not in {e.column for e in c.edits}
    ]
    if not at_risk or not setting.view.online or setting.options.passwords_survive:
        return []
    code = "password_survival_unknown" if setting.options.passwords_survive is None else "passwords_do_not_survive"
    return [problem(code, Severity.WARNING, sheet="users", count=str(len(at_risk)))]


_FAULTS = frozenset({"example_cell", "cell_error", "formula_not_calculated", "value_not_mapped"})


def _unique(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems in sheet and row order, each once; the rules between rows may have run more than once.

    Of a cell that shows no value of its own nothing else is said.
    """
    problems = list(problems)
    faulty = {(p.sheet, p.row, p.column) for p in problems if p.code in _FAULTS}
    problems = [p for p in problems if p.code in _FAULTS or (p.sheet, p.row, p.column) not in faulty]
    order = {name: n for n, name in enumerate(WRITE_ORDER[::-1])}
    seen: dict[tuple[str, ...], Problem] = {}
    for p in problems:
        seen.setdefault((p.code, p.sheet, str(p.row), p.column, str(sorted(p.params.items()))), p)
    return sorted(seen.values(), key=lambda p: (order.get(p.sheet, -1), p.row))


_OF_NUMBERS = frozenset({"no_number_left", "no_number_left_in_range"})  # not known of an entity that is not known


def check(book: Book, *, fill: Mapping[str, str] | None = None, hidden: str = "refuse") -> list[Problem]:
    """Return every problem of a book that can be known without a server: it is compared with its own baseline.

    `fill` is what blank cells of new users hold, by column, `hidden` what becomes of what nobody sees. What an import
    would need leave for (deleting, many changes) is no problem here. Raises PlanError where an exported sheet has lost
    its id column.
    """
    view = View.of_baseline(book.baseline)
    allowed = Options(
        allow_delete=True, allow_changes=10**9, include=tuple(WRITE_ORDER), fill=fill or {}, hidden=hidden
    )
    plan = make_plan(book, view, options=allowed, run_id="check", made_at="")
    problems = assign_numbers(plan, view, {}).problems if view.known else plan.problems
    unsure = {p.row for p in problems if p.code == "not_of_this_book" and p.column == "entity"}
    return [p for p in problems if not (p.row in unsure and p.code in _OF_NUMBERS)]
