"""Every problem code has a sentence, every sentence a code, and every gap in a sentence something to fill it.

The calls are read from the source: whatever has a parameter or field `code` (problem, note, BadCell, Rule, ...) makes
a problem or carries its code to the place that does.
"""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from xcu_sheets.reports.wording import CATALOGUE

PACKAGE = Path(__file__).parents[2] / "xcu_sheets"

# Words that `message` makes of others, words a sentence does without, and the one code that comes with or without one.
DERIVED = {"did_you_mean": "known", "or_set": "column", "perhaps": "candidates"}
OPTIONAL = {"add_columns", "deleted", "nearest"}
MAY_LACK = {("held_by", "number")}
# These carry a code to the one call that adds cell and value; there the code is an attribute.
CARRIERS = {"BadCell", "Unresolved", "Rule", "Fault"}
CARRIED = {"bad.code", "failure.code", "fault.code"}
# `rules/validation.py` compares a variable with constants: which codes a call is for stands in its `if`.
COMPARED = "check"

Function = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Maker:
    """Something called with a problem code: its parameters, and the words it adds itself."""

    parameters: tuple[str, ...]
    adds: frozenset[str]


@dataclass(frozen=True)
class Use:
    """One call with a code, and the words given with it."""

    where: str
    code: str
    words: frozenset[str]


@dataclass
class Module:
    """One source file, with what the scan asks of it again and again."""

    path: str
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    defined: dict[str, Function] = field(default_factory=dict)
    makers: dict[str, Maker] = field(default_factory=dict)
    calls: list[ast.Call] = field(default_factory=list)


@cache
def modules() -> tuple[Module, ...]:
    """Return every module but the sandbox's, which has nothing to do with problems."""
    paths = [p for p in sorted(PACKAGE.rglob("*.py")) if p.parent.name != "sandbox"]
    return tuple(map(_read, paths))


def _read(path: Path) -> Module:
    module = Module(path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
    for node in ast.walk(module.tree):
        module.parents.update(dict.fromkeys(ast.iter_child_nodes(node), node))
        if isinstance(node, ast.Call):
            module.calls.append(node)
        elif isinstance(node, Function):
            module.defined[node.name] = node
    for name, node in module.defined.items():
        parameters = _parameters(node)
        if "code" in parameters and name != "__init__":
            module.makers[name] = Maker(parameters, frozenset(_adds(node)))
    return module


def _parameters(node: Function) -> tuple[str, ...]:
    """Return the names of a function's positional parameters, or of a class's."""
    if isinstance(node, ast.FunctionDef):
        return tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg != "self")
    init = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    fields = (n.target for n in node.body if isinstance(n, ast.AnnAssign))
    return _parameters(init) if init else tuple(f.id for f in fields if isinstance(f, ast.Name))


def _adds(node: Function) -> Iterator[str]:
    """Yield the words that a wrapper gives to the call it forwards `code` to."""
    if node.name in CARRIERS:
        yield from ("sheet", "row", "column", "value")
    for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
        if any(isinstance(a, ast.Name) and a.id == "code" for a in call.args):
            yield from (k.arg for k in call.keywords if k.arg)
            yield from (w for k in call.keywords if not k.arg for w in _keys(k.value, node, None))


def _name(node: ast.expr) -> str:
    """Return the last name of `name` or `thing.name`, empty for any other expression."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _maker_of(call: ast.Call, module: Module) -> Maker | None:
    """Return what a call makes; a name defined in the module itself hides the same name elsewhere."""
    name = _name(call.func)
    homes = [module] if name in module.defined else modules()
    return next((m.makers[name] for m in homes if name in m.makers), None)


def _above(node: ast.AST, module: Module, kind: type[ast.AST]) -> ast.AST:
    """Return the nearest node of a kind around a node, the module where there is none."""
    while not isinstance(node, kind | ast.Module):
        node = module.parents[node]
    return node


def _assigned(scope: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield every (name, value) assigned in a scope, tuples and the branches of `x if y else z` taken apart."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _pairs(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value:
            yield _name(node.target), node.value


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
        yield from _pairs(target, value.body)
        yield from _pairs(target, value.orelse)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        yield from zip(map(_name, target.elts), value.elts, strict=True)
    else:
        yield _name(target), value


def _texts(node: ast.expr, scope: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression may be, through names assigned in the same function."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body, scope), *_texts(node.orelse, scope))
    elif isinstance(node, ast.Name):
        yield from (text for name, value in _assigned(scope) if name == node.id for text in _texts(value, scope))


def _keys(node: ast.expr, scope: ast.AST, module: Module | None) -> Iterator[str]:
    """Yield the keys of what is passed as `**node`: a display, a name for one, or a call that returns one."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield from [key.value] if isinstance(key, ast.Constant) else _keys(value, scope, module)
    elif isinstance(node, ast.IfExp):
        yield from _keys(node.body, scope, module)
    elif isinstance(node, ast.Name):
        found = [value for name, value in _assigned(scope) if name == node.id]
        if not found and module:  # a parameter: what its callers in this file have under the same name
            found = [value for name, value in _assigned(module.tree) if name == node.id]
        yield from (key for value in found for key in _keys(value, scope, module))
    elif isinstance(node, ast.Call) and module and _name(node.func) in module.defined:
        function = module.defined[_name(node.func)]
        returned = (n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value)
        yield from (key for value in returned for key in _keys(value, function, module))


def _codes(code: ast.expr, call: ast.Call, module: Module) -> list[str]:
    if _name(code) != COMPARED:
        return list(_texts(code, _above(call, module, ast.FunctionDef)))
    branch = _above(call, module, ast.If)
    assert isinstance(branch, ast.If)
    tested = {n.id for n in ast.walk(branch.test) if isinstance(n, ast.Name)}
    if any(call in ast.walk(other) for other in branch.orelse):
        return []  # the last `else`: the code is a Rule's
    return [text for name, value in _assigned(module.tree) if name in tested for text in _texts(value, module.tree)]


def _uses_in(module: Module) -> Iterator[Use]:
    for call in module.calls:
        maker = _maker_of(call, module)
        if not maker or len(call.args) <= maker.parameters.index("code"):
            continue
        code, scope = call.args[maker.parameters.index("code")], _above(call, module, ast.FunctionDef)
        forwarded = isinstance(scope, ast.FunctionDef) and _name(code) == "code" and "code" in _parameters(scope)
        if forwarded or ast.unparse(code) in CARRIED:
            continue
        words = {*maker.adds, *maker.parameters[: len(call.args)], *(k.arg for k in call.keywords if k.arg)}
        words.update(w for k in call.keywords if not k.arg for w in _keys(k.value, scope, module))
        where, codes = f"{module.path}:{call.lineno}", _codes(code, call, module)
        assert codes or _name(code) == COMPARED, f"{where}: the scan cannot tell which code {ast.unparse(code)} is"
        yield from (Use(where, text, frozenset(words)) for text in codes)


@cache
def uses() -> tuple[Use, ...]:
    """Return every use of a code in the source."""
    return tuple(use for module in modules() for use in _uses_in(module))


def words_in(sentence: str) -> set[str]:
    """Return the names in a sentence's braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_the_scan_is_not_blind() -> None:
    """It finds what takes a code, codes given in each of the ways, and the words of a call."""
    makers = {name for module in modules() for name in module.makers}
    assert makers >= {"problem", "note", "BadCell", "Unresolved", "Rule", "Fault", "_at"}
    seen = {use.code: use.words for use in uses()}
    assert {"required_if", "idle", "intervals_overlap_xivo", "run_stopped", "name_quote", "cell_error"} <= set(seen)
    assert {"asking", "entity"} <= seen["no_number_left"]
    assert "entity" not in seen["intervals_overlap"]


def test_every_code_has_a_sentence() -> None:
    """No person ever reads a bare code."""
    assert sorted({f"{u.where} {u.code}" for u in uses() if u.code not in CATALOGUE}) == []


def test_every_sentence_has_a_code() -> None:
    """No sentence is left over from a rule that is gone."""
    assert sorted(set(CATALOGUE) - {u.code for u in uses()}) == []


def test_every_gap_of_a_sentence_is_filled() -> None:
    """Each call with a code gives each word that the sentence of that code names."""
    lacking = [
        f"{use.where} {use.code}: {word}"
        for use in uses()
        for word in sorted({DERIVED.get(w, w) for w in words_in(CATALOGUE.get(use.code, ""))} - OPTIONAL - use.words)
        if (use.code, word) not in MAY_LACK
    ]
    assert not lacking


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_a_sentence_fits_behind_a_place(code: str) -> None:
    """One line without a full stop: it stands behind `users!C12 column: ` and others may follow."""
    sentence = CATALOGUE[code]
    assert sentence == " ".join(sentence.split())
    assert not sentence.endswith(".")
