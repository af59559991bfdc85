"""Problems as sentences: one catalogue of English prose, by code. A sentence says what is wrong and what to do."""

from __future__ import annotations

from collections import defaultdict

from ..model.fields import Field
from ..model.kinds import ACTION
from ..model.memory import FORGOTTEN
from ..model.problems import Problem
from ..model.resources import RESOURCES
from ..model.text import Label, Said, listed, members_of
from ..words import spoken, told, translate, translate_n

# {value} is the cell's own text; the other names are the problem's parameters.
CATALOGUE = {
    # what one cell may hold
    "line_break": "{value} goes over several lines: put it on one",
    "control_character": "{value} holds the invisible control character {sign}: retype the cell",
    "number_too_long": "{value} has more than {limit} digits: give the internal number only",
    "not_a_number": "{value} is not a number: write digits only",
    "number_or_date": "{value} is a date, or made one by a spreadsheet: format the column as text and retype the number",
    "number_not_exact": "{value} is not a whole number that a spreadsheet keeps exactly: format the column as text and "
    "retype it",
    "not_yes_or_no": "{value} is neither yes nor no: write yes or no (oui, non, x, 1, 0 will do)",
    "not_an_interval": "{part} is not an interval: write 1700-1799, or 1961 for a single number",
    "interval_backwards": "{part} is no interval: both ends need the same number of digits, the lower one first",
    "not_a_choice": "{value} is not one of {choices}: choose one of these",
    "choice_not_yes_or_no": "{value} says yes or no, and the server wants a word here (whatever its document says): choose one "
    "of {choices}",
    "formula_not_calculated": "this formula was never calculated, so it has no value: open the file in Excel and save "
    "it, or type the value",
    "cell_error": "the cell shows an error ({value}): correct the formula, or type the value",
    "value_not_mapped": '{value} is not in the value table of --columns: add a line for it there or one for "*", or fill in this cell',
    "columns_not_used": "this report or problems copy has our columns already: --columns was not needed and not used",
    "merged_cell": "this cell is merged with others: undo the merging, so that each row and column has its own value",
    "required": "is blank: a new row needs it{or_set}",
    "filled_in": "{value} in {count} new rows that leave it blank, by --set",
    "filled_by_book": "{value} in {count} new rows that leave it blank, as this book is made for it",
    "example_left_out": "the example, exactly as the book came with it: left out",
    "example_kept": "the example is not replaced in full: write over all cells of its row, or clear it; is somebody really called "
    "so? write create in action{add_columns}",
    "example_cell": "{value} is left of the example: give a value, or clear the cell where it may be blank",
    "cannot_clear_new": "<clear> is not possible here: a new row has nothing to empty yet, and needs a value",
    "login_yes_no": "{value} says yes or no, and would be the login itself: write auto for one made of the names, or leave the "
    "cell blank",
    "not_of_this_book": "this book was made for {preset} and does not tell whether the server has {value}: plan asks it",
    "cannot_clear": "<clear> is not possible here: give a value, or leave the cell blank to keep what is there",
    "required_if": "is blank: it is needed because {other} is {needs}",
    "idle": "{value} has no effect, because {other} is not {needs}",
    "login_pattern": "{value} cannot be a login: 2 to 254 letters, digits or signs, no blanks, no accents",
    "password_pattern": "the password breaks the rule: 4 to 64 letters, digits or signs, no blanks, no accents",
    "secret_left_out": "the password was left out of this copy of the book: type it again, or clear the cell for a user "
    "without one",
    "secret_not_sent": "the password was left out of this copy of the book and is not sent: type it again if it was to "
    "change, else clear the cell",
    "name_too_long": "{value} is too long: at most 128 characters",
    "name_quote": '{value} holds " or \\, which XiVO leaves out of the caller id',
    "name_garbled": "{value} holds what a wrong encoding or a web page makes of a letter: compare it with the original",
    "name_is_date": "{value} is a date, or made one by a spreadsheet: format the column as text and retype the name",
    "entity_name_pattern": "{value} cannot name an entity: up to 39 letters, digits, _ and -, not beginning with xivo-",
    "display_name_length": "{value} has the wrong length: 3 to 128 characters",
    "interval_long": "{value} holds numbers of more than 6 digits, more than XCU asks for",
    "ringing_not_positive": "{value} is not a time: give seconds above 0",
    "ringing_unusual": "{value} is unusual: XiVO takes multiples of 5 up to 60",
    # names that stand for records
    "reference_unknown": "{value} is not one of the {resource}: {did_you_mean}",
    "reference_ambiguous": "{value} means several {resource}: write one of {candidates}",
    "reference_damaged": "{value} was copied from a web page that hides addresses: type the name of the entity",
    "reference_refused": "{value} names a row of the sheet {resource} that has problems itself: mend that row first",
    # users whom XiVO's own import would refuse
    "xivo_entity_unknown": "{value} is not among the entities that could be read, so its context is not known",
    "xivo_no_first_name": "is blank, and XiVO's import needs it",
    "xivo_line_break": "{value} holds a line break or control character, at which XiVO's import cuts the row",
    "xivo_too_long": "{value} has more than the {limit} characters that XiVO keeps",
    "xivo_number_outside": "{value} lies outside {entity} ({intervals}), and XiVO's import takes no such number: change it, or "
    "name another context with --context-map",
    "xivo_same_number": "{value} is also the number of {label} (id {id}) in the same context: XiVO's import would give both "
    "one line",
    "xivo_same_login": "{value} is also the login of {label} (id {id}): XiVO's import takes it once",
    "xivo_same_mail": "{value} is also the mail address of {label} (id {id}): XiVO's import takes it once",
    # numbers, logins, templates, places
    "number_outside": "{value} lies outside {entity} ({intervals}){nearest}: choose one inside or leave the cell blank",
    "number_kept_outside": "{value} lies outside {entity} ({intervals}): nothing to do unless you change it",
    "number_twice_in_book": "{value} is also asked for in row {rows}: keep one, leave the other blank",
    "number_taken": "{value} belongs to {label} (id {id}, {entity}): choose another or leave the cell blank",
    "number_elsewhere": "{value} is also the number of {label} (id {id}) on another XiVO ({entity})",
    "number_ring": "{value} would be exchanged with row {rows}, and no free number is left to step aside to meanwhile: free "
    "one first",
    "number_not_available": "{value} is not listed as free by the server (a group or queue may use it): choose another "
    "or leave the cell blank",
    "no_number_left": "{entity} has no free number left for this row ({asking} rows ask for one): widen its intervals, "
    "or choose another entity",
    "no_number_left_in_range": "{entity} has no free number left in {stated} ({asking} rows ask for one): give another range, "
    "or leave the cell blank",
    "numbers_not_listed": "the server did not list the free numbers of {entity}: chosen from its intervals less known "
    "users, so a group or queue may hold one",
    "numbers_computed": "the free numbers of {entities} follow from their intervals and the users of {taken_at}, for the "
    "server was not asked: a group or queue may hold one, and apply chooses again what was taken meanwhile",
    "planned_offline": "planned against {server} as it was on {taken_at}, not as it is now",
    "numbers_capped": "the server listed only {listed} free numbers of {entity} where {free} should be free",
    "login_twice_in_book": "{value} is also used in row {rows}: a login is used once on a XiVO",
    "login_not_made": "the names {label} give no login: type one",
    "login_taken": "{value} is the login of {label} (id {id}): choose another",
    "password_without_login": "a password needs a login: fill in cti_login",
    "login_without_password": "{value} gets no password: fill in cti_password (auto makes one) if the person is to use the "
    "client",
    "same_names_elsewhere": "somebody of the same names is in {entity} (id {id}): check that this is another person",
    "same_names_in_book": "the same names are new in another entity too (row {rows}): check that this is another person",
    "template_not_offered": "{value} is not offered to {entity}: choose another template, or add the entity to it (or "
    "use --any-template)",
    "template_half_offered": "{value} is offered to {entity} by one of its two lists only (XiVOs, entities): if the server "
    "refuses it, fill in the other",
    "direct_number_length": "behind the prefix {prefix} of {value} a French direct number has {wanted} digits more, and {number} "
    "has {digits}: check the template and the number",
    "template_always_needed": "this server takes no edit of a user without template: fill in template, or use "
    "--default-template",
    "no_slot_left": "{xivo} has {slots} places left and {wanted} new users are asked for",
    "template_for_nobody": "no entity and no XiVO may use this template",
    "template_name_twice": "{value} names two templates: users can be given neither by name",
    "caller_id_not_routed": "outgoing calls show the direct number, and nobody can call it: routed_inbound is no",
    "intervals_overlap": "{part} stands in two intervals of the same entity: keep it in one",
    "intervals_overlap_entity": "{part} also belongs to {entity} on the same XiVO",
    "intervals_overlap_xivo": "{part} also belongs to {entity} on another XiVO",
    "entity_has_users": "still has {count} users: give them delete in action too, or keep the entity",
    "users_left_outside": "{count} users would lie outside the new intervals: {numbers}",
    # which row is which record
    "delete_needs_id": "only a row with an id can be deleted: put the id in, or take delete away",
    "delete_not_allowed": "deleting must also be allowed: run again with --allow-delete",
    "made_then_deleted": "this row is {label} (id {id}), deleted on the server since: write create in action{add_columns} to "
    "make it again",
    "nothing_to_update": "there is no record to update: put its id in, or write create in action{add_columns}",
    "held_by": "{number}{label} is already there (id {id}): put {id} in id if it is the same{add_columns}, or "
    "choose another",
    "write_update": "{label} is already there (id {id}) and differs in {columns}: write update in action to change "
    "it{add_columns}",
    "already_made": "this row made {label} (id {id}) before",
    "already_there": "{label} is already there (id {id})",
    "same_person": "{label} already has {number}, id {id}: the same person? put {id} in id. Another? write create in "
    "action{add_columns}",
    "same_person_twice": "the same names in the same entity stand in row {rows}: the same person? remove one. Two people? "
    "write create in action of both{add_columns}",
    "row_made_other": "this row made {label} ({number}, id {id}): put {id} in id to rename, or write create in action to "
    "add{add_columns}",
    "row_made_another": "this row of the book has made {label} ({number}, id {id}) already: put another person into a row that "
    "was never filled in, or into a new book; or write create in action{add_columns} to add one here",
    "known_by_key": "this row is {label}, id {id}, by its {key}",
    "key_held": "{label} (id {id}) has this {key}: clear action to change that record, or correct the {key}",
    "key_twice": "row {rows} has the same {key}: the same person? remove one. Two people? correct the {key}",
    "key_of_other": "id {value} is {label}, but the {key} is that of {other} (id {other_id}): correct one of them, or "
    "leave the {key} blank",
    "record_twice": "row {rows} means {label} (id {id}) too: keep one of them",
    "id_twice": "id {value} stands in row {rows} too: clear it where the row was copied",
    "id_unknown": "there is no record with id {value}{deleted}: clear the id to create it",
    "not_visible": "{entity} is not visible to {login}, or could not be read: ask for its rights, or try again later",
    "already_gone": "id {value} is already gone",
    "create_with_id": "id {id} exists: clear id to create, or clear action to change that record",
    "other_person": "id {value} is {label}, and both names differ: were ids shifted? Write update in action to rename "
    "this person",
    "entity_changed": "{value} is not the entity of this user ({now}): people are not moved by editing this cell",
    # both sides changed
    "conflict": "changed on both sides: it was {before}, the server now has {now}, the book says {wanted}: export again, "
    "or use --on-conflict mine",
    "conflict_stale": "the server has {now} since the last import and the book says {wanted}: typed back, or an older "
    "copy of this book? Keep {now}: type it here, or export again. Want {wanted}: use --on-conflict mine",
    "blank_keeps": "is blank now and held {before}: it is kept. Write <clear> to empty it",
    "blank_stays": "is blank now and held {before}: it is kept, for it cannot be empty",
    "read_only_edited": "{value} is ignored: this column cannot be written",
    # the whole sheet or book
    "sorted_alone": "the column {column} seems to have been sorted alone: undo that, or use --allow-permutation {column}",
    "too_many_changes": "{touched} of {live} rows would change or go, more than 30 %: if that is meant, use "
    "--allow-changes {touched}",
    "row_hidden": "the {what} is hidden, and this row would {action} a record: show it and look at it, or import with "
    "--hidden include or --hidden skip",
    "column_hidden": "the column is hidden, and this cell would be sent: show it and look at it, or import with --hidden "
    "include or --hidden skip",
    "hidden_included": "rows {rows} ({count} in all) are hidden and sent like the others (--hidden include)",
    "hidden_skipped": "rows {rows} ({count} in all) are hidden and left out (--hidden skip)",
    "linked_values": "this workbook takes values from other files: what was last seen of them is read",
    "sheet_needs_include": "rows of this sheet are written only with --include {sheet}",
    "sheet_not_imported": "this sheet is for reading: what was changed in rows {rows} is not sent",
    "password_survival_unknown": "it is unknown whether passwords survive an edit on this server, and {count} of the "
    "people to change have a login: try one first and check that they can still log in, or run xcu-sheets probe",
    "passwords_do_not_survive": "passwords do not survive an edit on this server, and {count} of the people to change have "
    "a login: fill in cti_password, or expect them to need a new one",
    "column_unknown": "column {column} is not known{nearest}: it is kept and comes back in the report",
    "row_left_out": "{value} is a total, a note under the header or the header again: this row was not read",
    "sheet_ignored": "the sheet {title} is not one of ours: it was not read",
    "baseline_damaged": "the hidden copy of the export cannot be read ({reason}): the book is treated as made by hand",
    "no_baseline": "this file carries no copy of an export: every cell that differs from the server counts as your edit",
    "baseline_missing": "there is no baseline in {folder}: the rows are compared with the server alone",
    # what came of the call
    "secret_missing": "the password is not in a plan: give the book with --book",
    "password_unknown": "the password made for this row is not at hand: give the file in which the run told it, with "
    "--credentials; if that is lost, import the book anew instead of finishing this run",
    "needs_row": "not sent, because {needed} has no record",
    "server_refused": "the server refused ({status}): {detail}",
    "template_needed": "the server refused the change and seems to want the template ({detail}): fill in template, or "
    "use --default-template",
    "gone_meanwhile": "the record is gone from the server ({detail})",
    "server_unavailable": "the server was not reached, nothing was done: {detail}",
    "outcome_unknown": "no answer came, the change may or may not have been made ({detail}): look before you import again",
    "outcome_unknown_create": "the record was not in the list afterwards; it may still appear: look before you import "
    "again",
    "created_not_seen": "the server said yes, but the record is not in its list: look before you import again",
    "made_meanwhile": "{label} has come to {entity} since this plan was made (id {id}, {number}): the same person? then nothing "
    "is to do; another one? plan again",
    "row_unseen": "run {run} sent this row and the server said yes, but the list does not show it: import again later; after "
    "an hour it counts as not made",
    "run_unsettled": "run {run} sent {count} new rows of this book without learning their end, and another plan could make them "
    "twice: import looks them up first; or xcu-sheets resume {run}",
    "entity_unreadable": "not sent: the users of {entity} could not be read meanwhile, so nobody could have seen what came "
    "of it: resume the run when they can",
    "secret_changed_since": "has the password that the book held when the interrupted run sent it, not the one it holds "
    "now: write update in action and import again",
    "edit_not_seen": "the server said yes, and still showed {now} at the end of the run, where {value} was sent",
    "list_unreadable": "the list could not be read again, so id and code are not known",
    "changed_unasked": "the server also changed this with our edit: {before} became {now}",
    "password_changed_unasked": "the server changed the password with our edit: give the person a new one",
    "cannot_send": "could not be put into a request ({detail}): retype the row's cells",
    "several_found": "several new records are what this row asked for (ids {ids}): a call took effect late; look at them, "
    "and delete what is too much",
    "number_reassigned": "{before} was taken meanwhile: reassigned {before} -> {now}",
    "stepped_aside": "the user has the number {value} instead of {before} for the time being, to make way for another row: "
    "resume the run to finish this",
    "not_there_now": "was carried out, but its record (id {value}) was no longer in the list at the end of the run: look "
    "who removed it",
    "still_there": "was deleted, but id {value} is in the list at the end of the run: look before you import again",
    "differs_now": "the server showed {now} at the end of the run, where {value} was sent",
    "stranger": "during this run {label} was also made as id {id} ({number}), which no row of this run claims: is it the "
    "same person, made twice by a proxy or a colleague? Look before you import again",
    # taking a run back
    "undo_kept": "kept: it was left as {before} and is {now} by now, which somebody else wrote",
    "undo_made_again": "kept: somebody made it again, with {now} where the deleted one had {before}",
    "undo_unseen": "{column} was sent and is never shown, so nobody knows what was there before: it stays as it is",
    "undo_cannot_empty": "was blank before and cannot be emptied again: {value} stays",
    "undo_needs_template": "a deleted user comes back with a template only, and the server never showed which it was: name one "
    "with --default-template",
    "undo_new_id": "comes back with a new id and provisioning number, and without a password: bind the phone again",
    "undo_taken": "{value} belongs to {label} (id {id}, {entity}) by now",
    "undo_gone": "the record (id {value}) is gone from the server",
    "undo_several": "several records may be what this row made (ids {ids}): look at them by hand",
    "undo_not_seen": "the server said yes, and its record was not in the list: look for it by hand, and delete it",
    # moving people to another server
    "draft_none": "nothing at the target is called like {value}: choose",
    "draft_close": "{value} is only called alike: check",
    "draft_rivals": "{candidates} are as likely: choose",
    "draft_numbers": "{free} of {count} numbers are free there, in {intervals}: choose a number rule",
    "draft_template": "no server tells which template people have: choose one of {candidates}",
    "move_target_unknown": "{value} is not at the target, or means several there{perhaps}: choose one from the list",
    "move_source_unknown": "{value} is not an entity of the source: this row does nothing",
    "move_chain": "people of {value} move on in this mapping too, and nobody could tell them from those who come: let one of "
    "the two stay for now, and move it with a mapping of its own later",
    "move_twice": "{value} stands in row {rows} too: leave one",
    "move_blank": "is blank: choose one from the list",
    "move_number_rule": "{value} is no number rule: write keep, keep where free, assign, or a shift such as 2xxx -> 52xxx",
    "move_wave": "{value} is no wave: write 1, 2 or another number",
    "move_nobody": "{value} is not the id of a user of the source",
    "move_number": "{value} is no number: write digits, or assign",
    "move_xivo_needed": "an entity of {xivo} is to be made, and the sheet move xivos does not say on which XiVO: fill that in",
    "move_name_twice": "{name} is to be made from row {rows} too, and two new entities cannot share a name: choose another",
    "move_row_hidden": "this row is hidden: show it, and look at it",
    "move_stays": "stays, as the mapping says",
    "move_no_place": "the mapping has no line for {entity}: add one to move entities",
    "move_same": "{label} has the same {by} at the target, id {id}: the same person? Say so in the sheet people there, or write "
    "leave in exceptions",
    "move_held": "{number} belongs to {label} (id {id}) at the target: choose keep where free or assign, or give a number in "
    "exceptions",
    "move_no_shift": "no shift of the mapping is about the number {number}: add one, or give a number in exceptions",
    "move_no_number": "has no number to keep: give one in exceptions",
    "move_nowhere": "is in {entity} already: choose another entity, or write leave",
    "move_put_xivo": "is on {xivo}, and nobody is put from one XiVO to another: move without --move put",
    "move_put_outside": "the number {number} lies outside {entity} ({intervals}): choose assign or keep where free",
    "move_no_spare": "{number} is to be kept, and {entity} has no free number that the old record could have meanwhile",
    "way_not_needed": "nothing is given up, for the new record is not made",
    "way_not_made": "is not made, for its old record cannot make way (row {rows})",
    "way_back": "the old record (id {id}) has number and login back, for the new one could not be made",
    "way_open": "the old record (id {id}) has made way and the new one is not made yet: resume run {run}, or undo it",
    "way_not_back": "the old record (id {id}) could not be given back number and login: look at it, or undo this run",
    "move_gone": "was made as id {id}, which is no longer at the target: it was taken back, or deleted by somebody",
    "leave_was_there": "was at the target before people moved: nothing shows that it is the same person, so they stay",
    "leave_moved_whole": "was put into the new entity as it is: there is no old record to delete",
    "leave_run_open": "run {run} did not come to its end, or was taken back: finish it first",
    "leave_not_moved": "run {run} did not make this person, as far as is on record here",
    "leave_not_there": "is not at the target as id {id}: look there first",
    "leave_differs": "id {id} at the target is not as this list says ({number}, now {now}): look there first",
    "interrupted": "not sent: the run was interrupted",
    "time_is_up": "not sent: the time given by --stop-at came first",
    "run_stopped": "not sent: the run stopped before this row",
}


def message(problem: Problem) -> str:
    """Return the sentence of a problem without its place; a code that is not in the catalogue is shown as such."""
    sentence = CATALOGUE.get(problem.code, problem.code)
    words: dict[str, object] = defaultdict(str, dict.fromkeys(members_of(sentence), ""))
    words.update({**problem.params, "value": problem.value, "sheet": tab_name(problem.sheet), "column": problem.column})
    words.update(_in_words(problem))
    for name in ("before", "now", "wanted"):
        words[name] = words[name] or translate("blank")
    if problem.code in ("differs_now", "edit_not_seen"):
        words["value"] = words["value"] or translate("blank")
    for name in ("label", "other"):
        words[name] = translate("a record whose name was forgotten") if words[name] == FORGOTTEN else words[name]
    words["did_you_mean"] = (
        translate("did you mean {known}?", known=words["known"])
        if words["known"]
        else translate(_TO_CHOOSE[problem.params.get("place", "sheet")])
    )
    words["add_columns"] = _to_add(problem)
    words["perhaps"] = f" ({words['candidates']})" if words["candidates"] else ""
    words["nearest"] = translate(" (did you mean {nearest}?)", nearest=words["nearest"]) if words["nearest"] else ""
    words["deleted"] = translate(" (deleted since the export)") if words["deleted"] else ""
    field = _field(problem, problem.column) if problem.sheet == "users" else None
    words["or_set"] = (
        translate(" (one for all of them: --set {column}=...)", column=problem.column) if field and field.ref else ""
    )
    if problem.code == "held_by":
        words["number"] = translate("{number} is taken: ", number=words["number"]) if words["number"] else ""
    return translate(sentence, **words)


_TO_CHOOSE = {
    "sheet": Said("choose one from that sheet"),
    "list": Said("choose one from the list of the cell"),
    "none": Said("write one that the server has"),
}


def _to_add(problem: Problem) -> str:
    """Return how to get the columns that a sentence asks for and the book does not have."""
    absent = [_header(problem, name) for name in problem.params.get("absent", "").split(", ") if name]
    if not absent:
        return ""
    return translate_n(" (add a column {columns})", " (add the columns {columns})", len(absent), columns=listed(absent))


def _header(problem: Problem, name: str) -> str:
    field = _field(problem, name)
    return Label(field.name, field.label_fr) if field else name


def _in_words(problem: Problem) -> dict[str, object]:
    """Return the words of a problem that are names and words of the table, as the person knows them."""
    params = problem.params
    field = _field(problem, problem.column)
    words: dict[str, object] = {}
    if field:
        cells = {"value": problem.value, **{name: params.get(name, "") for name in ("before", "now", "wanted")}}
        words.update({name: field.kind.said_in(spoken(), text) for name, text in cells.items()})
    if field and field.kind.words:
        words["choices"] = ", ".join(field.kind.words_in(spoken()))
    if "needs" in params:
        other = _field(problem, params["other"])
        words["needs"] = other.kind.word_in(spoken(), params["needs"]) if other else params["needs"]
        words["other"] = _called(problem, params["other"])
    if "columns" in params:
        words["columns"] = listed([_called(problem, name) for name in params["columns"].split(", ")])
    if params.get("resource") in RESOURCES:
        words["resource"] = RESOURCES[params["resource"]].tab
    for name in ("reason", "what"):
        if name in params:
            words[name] = translate(params[name])
    if problem.code == "row_hidden":
        words["action"] = ACTION.word_in(spoken(), params["action"])
    return words


_WHATS = (Said("sheet"), Said("row"))  # what is hidden: a parameter of `row_hidden`


def _field(problem: Problem, name: str) -> Field | None:
    return RESOURCES[problem.sheet].by_name.get(name) if problem.sheet in RESOURCES else None


def _called(problem: Problem, name: str) -> str:
    """Return a column by its machine name in English, and by its label in French."""
    field = _field(problem, name)
    return Label(name, field.label_fr) if field else name


def describe(problem: Problem) -> str:
    """Return one line that says where and what: `users!C12 internal_number: 6999 lies outside ...`."""
    where = place(problem)
    return translate("{where}: {message}", where=where, message=message(problem)) if where else message(problem)


def tab_name(sheet: str) -> str:
    """Return the name that a sheet has in the books of this language; one that is not ours is left as it is."""
    return told(RESOURCES[sheet].tab) if sheet in RESOURCES else sheet


def tab_row(sheet: str, row: int) -> str:
    """Return the name of a row as a person finds it in their book: `users!7`, or `Utilisateurs!7`."""
    return f"{tab_name(sheet)}!{row}"


def place(problem: Problem) -> str:
    """Return where a problem is: sheet and Excel cell, or sheet and row, and the column's machine name (in French its label)."""
    sheet = tab_name(problem.sheet)
    at = f"{sheet}!{problem.cell or problem.row}" if problem.row or problem.cell else sheet
    return f"{at} {told(_called(problem, problem.column))}" if _field(problem, problem.column) else at


def row_message(problem: Problem) -> str:
    """Return a problem for a cell of the row itself: the column's name and the sentence."""
    return noted(_called(problem, problem.column), problem) if problem.column else message(problem)


def noted(where: str, problem: Problem) -> str:
    """Return a problem's sentence behind the name of what it is about."""
    return translate("{where}: {message}", where=where, message=message(problem))
