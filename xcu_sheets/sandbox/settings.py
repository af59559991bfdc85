"""What a person or a test may choose about a sandbox: its size, its open questions, its faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

FaultKind = Literal["latency", "status", "status_after_commit", "expire", "drop_before_commit", "drop_after_commit"]

FAULT_KINDS = frozenset(
    ("latency", "status", "status_after_commit", "expire", "drop_before_commit", "drop_after_commit")
)

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
    """

    put_needs_template: bool = False
    put_password: Literal["keeps", "clears"] = "keeps"  # noqa: S105 - a word
    get_password: Literal["clear", "null", "masked"] = "clear"  # noqa: S105
    post_answer: Literal["nothing", "id", "object"] = "nothing"
    unauthorised: Literal["401", "403", "redirect", "html"] = "401"
    number_unique: Literal["xivo", "entity", "no"] = "xivo"
    put_optional: Literal["clears", "keeps"] = "clears"
    put_entity: Literal["within_xivo", "never"] = "within_xivo"

    def __post_init__(self) -> None:
        for name, choices in SWITCH_CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {choices}, not {getattr(self, name)!r}")


@dataclass(frozen=True)
class SandboxConfig:
    """The size, the seed and the manners of one sandbox; ``latency`` is milliseconds added to every API call."""

    users: int = 60
    entities: int = 4
    xivos: int = 2
    seed: int = 1
    latency: float = 0.0
    port: int = 0
    host: str = "127.0.0.1"
    database: str = ":memory:"
    switches: Switches = Switches()

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
    code: int = 500
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"kind must be one of {sorted(FAULT_KINDS)}, not {self.kind!r}")
        if self.nth < 1 or (self.times is not None and self.times < 1):
            raise ValueError("nth and times count from 1; times None means for ever")
