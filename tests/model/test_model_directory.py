"""Names people write and the records they mean."""

from __future__ import annotations

import pytest
from planning.worlds import C1, D1, D2, entity, template, world, xivo

from xcu_sheets.model.directory import Directory, Unresolved, make_directory
from xcu_sheets.model.fields import Ref

DIRECTORY = world().directory


def failure(resource: str, text: str, directory: Directory = DIRECTORY) -> Unresolved:
    """Return why a name means nothing."""
    with pytest.raises(Unresolved) as failed:
        directory.resolve(resource, text)
    return failed.value


@pytest.mark.parametrize(
    ("resource", "text", "label"),
    [
        ("entities", D1, D1),
        ("entities", D1.upper(), D1),
        ("entities", "chirurgie", C1),
        ("entities", "Bloc", C1),
        ("entities", "BLOC", C1),
        ("entities", "default@xivo2", D2),
        ("entities", "Default (xivo2)", D2),
        ("entities", "default – XiVO2", D2),
        ("entities", "Bloc (xivo1)", C1),
        ("entities", "Default @ XiVO2", D2),
        ("templates", "Standard", "Standard"),
        ("templates", "STANDARD", "Standard"),
        ("templates", "bloc operatoire", "Bloc opératoire"),
        ("xivos", "XIVO1", "xivo1"),
    ],
)
def test_names_that_mean_one_record(resource: str, text: str, label: str) -> None:
    """Combined id, name, display name, name@XiVO; in any case, without accents."""
    assert DIRECTORY.resolve(resource, text).label == label


def test_an_ambiguous_name_lists_its_candidates() -> None:
    """`default` is an entity of each XiVO: both are said by display name, with the XiVO that tells them apart."""
    failed = failure("entities", "default")
    assert (failed.code, failed.params["candidates"]) == ("reference_ambiguous", "Default (xivo1), Default (xivo2)")


@pytest.mark.parametrize(
    ("displays", "said"),
    [
        (("Siège", "Atelier"), ["Siège", "Atelier"]),
        (("Siège", "SIEGE"), ["one@10.0.0.1", "two@10.0.0.1"]),
        (("Two", "Atelier"), ["one@10.0.0.1", "Atelier"]),
        (("", "Atelier"), ["one@10.0.0.1", "Atelier"]),
    ],
)
def test_what_is_said_of_an_entity_can_be_written(displays: tuple[str, str], said: list[str]) -> None:
    """The display name where it means one entity only, with the XiVO's name where that helps, else the combined id."""
    entities = [entity(n, name, xivo(1), "1") for n, name in enumerate(("one", "two"), start=1)]
    records = [{**e, "displayName": shown} for e, shown in zip(entities, displays, strict=True)]
    directory = make_directory({"entities": records})
    entries = [directory.find("entities", "id", n) for n in (1, 2)]
    assert [entry.said for entry in entries if entry] == said
    assert [directory.resolve("entities", text) for text in said] == entries


@pytest.mark.parametrize("text", ["[email protected]", "[email\u00a0protected]", "default@[email protected]"])
def test_an_address_that_a_web_page_damaged_has_its_own_code(text: str) -> None:
    """Somebody copied it from the API's web page [DOMAIN 1.4.1]."""
    assert failure("entities", text).code == "reference_damaged"


def test_a_damaged_address_that_the_server_really_has_is_a_name() -> None:
    """combinedIds are opaque: what the server says is right."""
    odd = {**entity(1, "default", xivo(1), "1"), "combinedId": "[email protected]"}
    assert make_directory({"entities": [odd]}).resolve("entities", "[email protected]").keys["id"] == 1


def test_an_unknown_name_suggests_the_nearest() -> None:
    """A slip of the finger is answered with the names that look like it."""
    failed = failure("templates", "Standrad")
    assert (failed.code, failed.params["known"]) == ("reference_unknown", "Standard")
    assert failure("templates", "zzzz").params["known"] == ""
    assert failure("entities", "Blco").params["known"] == "Bloc"
    assert failure("entities", "chirurgi").params["known"] == "Bloc"
    assert failure("entities", "chirurgie@10.0.0.11").params["known"] == "Bloc"


def test_names_that_two_records_share_carry_their_id() -> None:
    """Both are shown as `name #id`; the bare name is ambiguous."""
    directory = make_directory({"templates": [template(7, "Same"), template(8, "Same"), template(9, "Other")]})
    assert directory.labels("templates") == ["Same #7", "Same #8", "Other"]
    assert directory.resolve("templates", "Same #8").keys["id"] == 8
    assert failure("templates", "same", directory).params["candidates"] == "Same #7, Same #8"


def test_names_of_signs_only_stay_apart() -> None:
    """`???` is not `!!!`, though neither holds a letter."""
    directory = make_directory({"templates": [template(7, "???")]})
    assert directory.resolve("templates", "???").keys["id"] == 7
    assert failure("templates", "!!!", directory).code == "reference_unknown"


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        (None, []),
        ([1, 2], ["xivo1", "xivo2"]),
        (["1"], ["xivo1"]),
        ({"id": 2, "name": "anything"}, ["xivo2"]),
        ([{"id": 1}], ["xivo1"]),
        ([77], ["#77"]),
    ],
)
def test_references_in_every_form_the_server_uses(value: object, labels: list[str]) -> None:
    """Ids, texts, whole records; an unknown id is shown as #id."""
    assert DIRECTORY.label_of(Ref("xivos"), value) == labels


def test_administrators_refer_to_entities_by_number() -> None:
    """combinedId and numeric id find the same entity."""
    assert DIRECTORY.label_of(Ref("entities", "id", many=True), [11, D2]) == [D1, D2]
