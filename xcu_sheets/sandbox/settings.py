"""What a person or a test may choose about a sandbox: its size, its open questions, its faults."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args
from wsgiref.util import is_hop_by_hop

Content = Mapping[str, Sequence[Mapping[str, Any]]]

FaultKind = Literal[
    "latency",
    "expire",
    "rival",
    "status",
    "status_after_commit",
    "html",
    "html_after_commit",
    "malformed",
    "truncated",
    "slow",
    "drop_before_commit",
    "drop_after_commit",
    "late_commit",
    "late_status",
]

FAULT_KINDS: frozenset[str] = frozenset(get_args(FaultKind))

_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEADER_VALUE = r"[\t\x20-\x7e\x80-\xff]*"

SWITCH_CHOICES: Mapping[str, tuple[object, ...]] = MappingProxyType(
    {
        "put_needs_template": (False, True),
        "put_password": ("keeps", "clears"),
        "get_password": ("clear", "null", "masked"),
        "post_answer": ("nothing", "id", "object"),
        "unauthorised": ("401", "403", "redirect", "html"),
        "number_unique": ("xivo", "entity", "no"),
        "put_optional": ("clears", "keeps"),
        "put_entity": ("within_xivo", "never"),
        "parallel": ("yes", "no"),
    }
)


@dataclass(frozen=True)
class Switches:
    """One answer for each question that the API document leaves open.

    ``put_needs_template``: a PUT of a user without templateId is a 400.
    ``put_password``: what a PUT of a user without ctiPassword does to the stored one.
    ``get_password``: how list and GET show ctiPassword.
    ``post_answer``: the body that a POST or PUT answers with.
    ``unauthorised``: what a call without a living session meets.
    ``number_unique``: where a POST or PUT of a user is refused a taken internalNumber: on the XiVO, in the entity only,
    or nowhere; available_numbers leaves out what is taken on the XiVO in any case.
    ``put_optional``: what a PUT of a user does to ctiLogin and to undocumented keys that it omits; null clears always.
    ``put_entity``: whether a PUT may move a user to another entity of its XiVO.
    ``parallel``: "no" answers 503, in plain text, to a write that arrives while another is being served, pauses
    included; such a call meets no fault. A login is no write; late work does not count.
    """

    put_needs_template: bool = False
    put_password: Literal["keeps", "clears"] = "keeps"  # noqa: S105 - a word
    get_password: Literal["clear", "null", "masked"] = "clear"  # noqa: S105
    post_answer: Literal["nothing", "id", "object"] = "nothing"
    unauthorised: Literal["401", "403", "redirect", "html"] = "401"
    number_unique: Literal["xivo", "entity", "no"] = "xivo"
    put_optional: Literal["clears", "keeps"] = "clears"
    put_entity: Literal["within_xivo", "never"] = "within_xivo"
    parallel: Literal["yes", "no"] = "yes"

    def __post_init__(self) -> None:
        for name, choices in SWITCH_CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {choices}, not {getattr(self, name)!r}")


@dataclass(frozen=True)
class SandboxConfig:
    """The size, the seed and the manners of one sandbox; ``latency`` is milliseconds added to every API call.

    With ``content``, records as the API shows them by xivos, entities, templates, administrators and users, it begins
    with these instead of invented ones.
    """

    users: int = 60
    entities: int = 4
    xivos: int = 2
    seed: int = 1
    latency: float = 0.0
    port: int = 0
    host: str = "127.0.0.1"
    database: str = ":memory:"
    switches: Switches = Switches()
    content: Content | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.users < 0 or self.entities < 1:
            raise ValueError("users must be 0 or more, entities 1 or more")
        if not 1 <= self.xivos <= 30:
            raise ValueError("xivos must be 1 to 30: their addresses are 192.168.29.220 and following")


@dataclass(frozen=True)
class Call:
    """One API call as it was received: raw path without ``/api/1.0``; status 0 when no answer was given."""

    method: str
    path: str
    status: int


@dataclass(frozen=True)
class Fault:
    """One trouble to come; see the docstring of ``switchboard`` for its kinds."""

    kind: FaultKind
    method: str = "*"
    path: str = ".*"
    nth: int = 1
    times: int | None = 1
    ms: float = 0.0
    code: int | None = None
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    same_names: bool = False
    share: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"kind must be one of {sorted(FAULT_KINDS)}, not {self.kind!r}")
        if self.nth < 1 or (self.times is not None and self.times < 1):
            raise ValueError("nth and times count from 1; times None means for ever")
        if self.ms < 0 or not 0 <= self.share <= 1:
            raise ValueError("ms must be 0 or more, share 0 to 1")
        self._check_answer()

    def _check_answer(self) -> None:
        """Refuse an answer that could not be sent as it stands."""
        if self.code is not None and not 200 <= self.code <= 599:
            raise ValueError("code must be 200 to 599: another is no final answer")
        if self.code in (204, 304) and (self.body or self.kind.startswith("html")):
            raise ValueError("an answer of 204 or 304 has no body")
        for name, value in self.headers.items():
            if not re.fullmatch(_HEADER_NAME, name) or not re.fullmatch(_HEADER_VALUE, value):
                raise ValueError(f"the header {name!r} cannot be sent as {value!r}")
            if is_hop_by_hop(name):
                raise ValueError(f"the header {name} is the connection's own")
