"""Overrides: a person lets one gate pass, with a reason and an end, while its cloud gives no usable response.

They have three sources: Pulumi config, the environment, and the flags of `nbcloud wait`. All are fully checked before
anything is sent. The end of a wait decides whether an override applies: see `waiting.overriding`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.errors import InputError, NbcloudError, SettingsError
from pulumi_nbcloud.printable import printable, shell_quoted
from pulumi_nbcloud.settings.objects import DuplicateKeyError, once
from pulumi_nbcloud.settings.sources import OVERRIDES_KEY, ConfigReader
from pulumi_nbcloud.spelling import PYTHON, Spelling

VARIABLE = "NBCLOUD_OVERRIDES"
# In a program in Python, and in any other.
GATE_TYPES = ("pulumi-python:dynamic/nbcloud:Gate", "nbcloud:index:Gate")
LONGEST = timedelta(hours=24)
REASON_LIMIT = 200
PARTS = ("reason", "until")

_CONFIG = f"Pulumi config {OVERRIDES_KEY}"
_ENVIRONMENT = f"the environment variable {VARIABLE}"
_FORM = '{"URN of the gate": {"reason": "...", "until": "2026-01-31T23:00:00Z"}}'
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_STACK_AND_PROJECT = re.compile(r"urn:pulumi:([^:]+)::([^:]+)")


@dataclass(frozen=True)
class Override:
    """An override of one gate, or of one `nbcloud wait`.

    Args:
        reason: why, in one printable line.
        until: when it ends, in UTC.
        source: its source, for messages.
    """

    reason: str
    until: datetime
    source: str

    def in_force(self, now: datetime) -> bool:
        """Return whether it has not ended yet."""
        return now < self.until

    @property
    def end(self) -> str:
        """When it ends, as RFC 3339 in UTC."""
        return text(self.until)

    @property
    def words(self) -> str:
        """The reason and the end, as messages show them."""
        return f'"{self.reason}", until {self.end}'

    def document(self, overrode: str) -> dict[str, str]:
        """Return its JSON document for programs.

        Args:
            overrode: the outcome without the override.
        """
        return {"reason": self.reason, "until": self.end, "overrode": overrode}


@dataclass(frozen=True)
class _Gate:
    """The parts of a gate's URN."""

    urn: str
    stack: str
    project: str
    name: str


def override_of(
    urn: object,
    overridable: object,
    config: ConfigReader,
    environment: Mapping[str, str],
    now: datetime,
    spelling: Spelling = PYTHON,
) -> Override | None:
    """Return the override of a gate, and check all others too.

    Args:
        urn: the URN of the gate; any other value has no override.
        overridable: the gate's option, None for the default; any other type means unknown yet, and passes.
        config: the reader of Pulumi config.
        environment: the process's variables.
        now: the current time.
        spelling: how the program spells the option.

    Returns:
        The override, which may have ended; None where the gate has none.

    Raises:
        SettingsError: one of them is invalid, or does not fit this gate's `overridable`; names it.
    """
    own = _gate(urn)
    in_config = _parsed(config(OVERRIDES_KEY), _CONFIG, now)
    if own is not None:
        _check_stack(own, in_config)
    found = {_CONFIG: in_config, _ENVIRONMENT: _from_environment(environment, now)}
    if own is None:
        return None
    given = [each[own.urn] for each in found.values() if own.urn in each]
    if len(given) > 1:
        raise SettingsError(
            f"{_CONFIG} and {_ENVIRONMENT} both override the gate {_shown(own)}", hint="keep one of them"
        )
    if not given:
        return None
    (override,) = given
    if override.in_force(now):
        _check_overridable(own, override, overridable, spelling)
    return override


def override_of_flags(reason: str | None, until: str | None, now: datetime) -> Override | None:
    """Check the override of `nbcloud wait`.

    Args:
        reason: the value of `--override`.
        until: the value of `--override-until`.
        now: the current time.

    Returns:
        The override; None without the flags.

    Raises:
        InputError: one flag without the other, or a value that is invalid.
    """
    if reason is None and until is None:
        return None
    if reason is None or until is None:
        raise InputError(
            "--override and --override-until need each other",
            hint=f"write it like --override 'the API is down' --override-until {_later(now)}",
        )
    override = Override(
        _reason(reason, "--override", InputError), _end(until, "--override-until", now, InputError), "--override"
    )
    if not override.in_force(now):
        raise InputError(
            f"--override-until {override.end} is past", hint=f"give a time up to 24 h ahead, like {_later(now)}"
        )
    return override


def flags(reason: str, now: datetime) -> str:
    """Return the flags of an override that ends in an hour, ready to paste."""
    return f"--override {shlex.quote(reason)} --override-until {_later(now)}"


def config_command(urn: object, reason: str, now: datetime) -> str | None:
    """Return the command that overrides a gate for an hour, ready to paste into a shell.

    Args:
        urn: the URN of the gate.
        reason: the reason for the override.
        now: the current time.

    Returns:
        The command; None if the gate is unknown, or its name cannot be shown unchanged.
    """
    gate = _gate(urn)
    if gate is None or printable(gate.name, len(gate.name) + 1) != gate.name:
        return None
    values = (f"{_path(gate)}.{name}={value}" for name, value in zip(PARTS, (reason, _later(now)), strict=True))
    parts = " ".join(f"--plaintext {shell_quoted(each)}" for each in values)
    return f"pulumi config set-all --stack {shlex.quote(gate.stack)} --path {parts}"


def _path(gate: _Gate) -> str:
    escaped = gate.urn.replace('"', '\\"')
    return f'{OVERRIDES_KEY}["{escaped}"]'


def _later(now: datetime) -> str:
    return text(now + timedelta(hours=1))


def _gate(urn: object) -> _Gate | None:
    """Parse the URN of a gate; return None for any other value."""
    if not isinstance(urn, str):
        return None
    stack, *others = urn.split("::", 3)
    found = _STACK_AND_PROJECT.fullmatch(f"{stack}::{others[0]}") if len(others) == 3 else None
    if found is None or others[1].rpartition("$")[2] not in GATE_TYPES or not others[2]:
        return None
    return _Gate(urn, found[1], found[2], others[2])


def _shown(gate: _Gate) -> str:
    return printable(gate.name, 60)


def _from_environment(environment: Mapping[str, str], now: datetime) -> dict[str, Override]:
    for name, value in environment.items():
        if name.startswith("NBCLOUD_OVERRID") and name != VARIABLE and value.strip():
            raise SettingsError(
                f"the environment variable {printable(name, 80)} is none of ours, and would have no effect",
                hint=f"did you mean {VARIABLE}?",
            )
    # CI systems pass an unset variable as an empty one.
    return _parsed(environment.get(VARIABLE, "").strip() or None, _ENVIRONMENT, now)


def _parsed(value: object, source: str, now: datetime) -> dict[str, Override]:
    """Check all overrides of one source."""
    found: dict[str, Override] = {}
    for urn, each in _object(value, source).items():
        gate = _gate(urn)
        if gate is None:
            raise SettingsError(
                f"{source} has the key {printable(str(urn), 80)!r}, which is not the URN of a gate",
                hint="name one gate by its URN, which pulumi stack --show-urns prints",
            )
        where = f"the override of the gate {_shown(gate)} in {source}"
        parts = _parts(each, where)
        found[gate.urn] = Override(
            _reason(parts["reason"], where, SettingsError), _end(parts["until"], where, now, SettingsError), source
        )
    return found


def _object(value: object, source: str) -> Mapping[str, object]:
    if isinstance(value, str):
        try:
            value = json.loads(value, object_pairs_hook=partial(_once, source))
        except (ValueError, RecursionError):
            value = False
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise SettingsError(f"{source} must be a JSON object", hint=f"write it like {_FORM}")
    return value


def _once(source: str, pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Make an object from its keys and values; reject duplicate keys, and name a duplicate gate."""
    try:
        return once(pairs)
    except DuplicateKeyError as error:
        names = [name for name, _ in pairs]
        gate = next((gate for name in names if names.count(name) > 1 and (gate := _gate(name))), None)
        what = f"the gate {_shown(gate)}" if gate else f"the key {error.key}"
        raise SettingsError(f"{source} has {what} twice", hint="keep one of them") from None


def _parts(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{where} must be an object", hint=f"write it like {_FORM}")
    unknown = next((str(name) for name in value if name not in PARTS), None)
    if unknown is not None:
        raise SettingsError(
            f"{where} has the unknown key {printable(unknown, 40)!r}", hint=f"known are {', '.join(PARTS)}"
        )
    missing = [name for name in PARTS if name not in value]
    if missing:
        raise SettingsError(f"{where} lacks {', '.join(missing)}", hint=f"write it like {_FORM}")
    return value


def _reason(value: object, where: str, error: type[NbcloudError]) -> str:
    if not isinstance(value, str) or not value.strip():
        raise error(f"{where} needs a reason, a text", hint="say why, for those who read it later")
    if len(value) > REASON_LIMIT:
        raise error(f"{where} has a reason of more than {REASON_LIMIT} characters", hint="shorten it")
    return printable(value, REASON_LIMIT)


def _end(value: object, where: str, now: datetime, error: type[NbcloudError]) -> datetime:
    until = _time(value)
    if until is None:
        # YAML parses a time without quotes into its own type.
        raise error(f"{where} needs an end in RFC 3339", hint=f'write it like "{_later(now)}", in YAML with the quotes')
    if until - now > LONGEST:
        raise error(f"{where} ends more than 24 h ahead", hint=f"give an earlier end, like {_later(now)}")
    return until


def _time(value: object) -> datetime | None:
    """Read a time in RFC 3339; return None where it is none."""
    parts = _TIME.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        return None
    offset = "+00:00" if parts[3] in "Zz" else parts[3]
    try:
        return datetime.fromisoformat(f"{parts[1]}T{parts[2]}{offset}").astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def _check_stack(own: _Gate, found: Iterable[str]) -> None:
    """Reject gates of another stack in a stack's config: such an override would have no effect."""
    for other in _others(own, found):
        raise SettingsError(
            f"{_CONFIG} overrides the gate {_shown(other)} of the stack {printable(other.stack, 60)} of the project "
            f"{printable(other.project, 60)}, and this is {printable(own.stack, 60)} of {printable(own.project, 60)}",
            hint="put it into the config of that stack",
        )


def _others(own: _Gate, found: Iterable[str]) -> Iterator[_Gate]:
    gates = (gate for urn in found if (gate := _gate(urn)) is not None)
    return (gate for gate in gates if (gate.stack, gate.project) != (own.stack, own.project))


def _check_overridable(own: _Gate, override: Override, overridable: object, spelling: Spelling) -> None:
    if overridable is False:
        option = spelling.has("overridable", False)
        raise SettingsError(
            f"{override.source} overrides the gate {_shown(own)}, whose {option}", hint="remove it there"
        )
    if overridable is None and override.source == _ENVIRONMENT:
        raise SettingsError(
            f"{override.source} overrides the gate {_shown(own)}, which only the stack's config may override",
            hint=f"set it in the stack's config, or give the gate {spelling.given('overridable', True)}",
        )
