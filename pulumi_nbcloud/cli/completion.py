"""TAB completion: commands, options, values, kinds, filters, and in conditions targets and their fields.

Nothing is sent and no settings are read. A file from `scripts/generate` describes the kinds, so no kind is loaded:
a shell waits for this at every TAB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).with_name("completion_words.json")

_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_PATH_AT_END = re.compile(r"(?<![\w.\"])[A-Za-z_][\w.]*$|(?<![\w.\"])$")
_VALUE_AT_END = re.compile(r"([A-Za-z_][\w.]*)\s*[!=]=\s*\"([^\"]*)$")
# The names in conditions besides targets; the parenthesis shows that an argument follows.
_FUNCTIONS = {
    "has(": "whether a field is there",
    "size(": "how many rows or characters",
    "duration(": 'a time span, as "30m"',
    "timestamp(": "a point in time",
    "now": "the time of the poll",
}


@dataclass(frozen=True)
class Offer:
    """One completion.

    Args:
        word: the complete word of the command line, as the command would receive it.
        about: its description, in a few words.
        goes_on: whether the word continues, without a space after it.
    """

    word: str
    about: str = ""
    goes_on: bool = False


@dataclass(frozen=True)
class Offers:
    """The completions in one place; `files` leaves them to the shell."""

    offers: tuple[Offer, ...] = ()
    files: bool = False


@lru_cache(maxsize=1)
def kinds() -> dict[str, Any]:
    """Return the description of each kind, by its token: `id`, `filters`, `conditions` and `fields`.

    Each named condition shows whether `--fail-on` accepts it too.
    """
    found: dict[str, Any] = json.loads(WORDS.read_text(encoding="utf-8"))["kinds"]
    return found


def complete(words: list[str], current: str) -> Offers:
    """Return the completions.

    Args:
        words: the words before the current one, without `nbcloud`, as the command would receive them.
        current: the current word up to the cursor.
    """
    from typer.main import get_command

    from pulumi_nbcloud.cli.app import app

    group: Any = get_command(app)
    words = [each for each in words if each]
    name = next((each for each in words if not each.startswith("-")), None)
    if name is None:
        return _fitting(_options(group, ()) if current.startswith("-") else _commands(group), current)
    if name not in group.commands:
        return Offers()
    return _of_command(group, group.commands[name], words[words.index(name) + 1 :], current)


def _of_command(group: Any, command: Any, words: list[str], current: str) -> Offers:
    flag, equals, value = current.partition("=")
    if "--" not in words:
        before = _option(command, words[-1]) if words else None
        if before is not None:
            return _values(command, before, words, current)
        if equals and flag.startswith("--"):
            found = _option(command, flag)
            return _behind(f"{flag}=", _values(command, found, words, value)) if found else Offers()
        if current.startswith("-"):
            return _fitting(_options(command, words), current)
    if any(each.param_type_name == "argument" and "FILE" in (each.metavar or "") for each in command.params):
        return Offers(files=True)
    return _fitting(_arguments(group, command, current), current)


def _option(command: Any, flag: str) -> Any:
    """Return the option with this name, if it takes a value."""
    found = (each for each in command.params if each.param_type_name == "option" and not each.is_flag)
    return next((each for each in found if flag in each.opts), None)


def _options(command: Any, words: Iterable[str]) -> Iterator[Offer]:
    for each in command.params:
        if each.param_type_name == "option" and not {*each.opts} & {*words}:
            for name in each.opts:
                yield Offer(name, _first_sentence(each.help))
    for name in ("--help", "-h"):
        yield Offer(name, "Show the help page and exit")


def _commands(group: Any) -> Iterator[Offer]:
    from pulumi_nbcloud.cli.help_page import summary

    for name, each in group.commands.items():
        yield Offer(name, summary(each).rstrip("."))


def _values(command: Any, option: Any, words: list[str], current: str) -> Offers:
    """Return the completions of an option's value."""
    if option.metavar in ("FILE", "DIR"):
        return Offers(files=True)
    if option.name in ("until", "fail_on"):
        return _condition(_targets(command, words), current, fails=option.name == "fail_on")
    choices = option.type_descriptor.choices
    found = [str(each.value) for each in choices] if choices else (option.metavar or "").split("|")
    return _fitting([Offer(each) for each in found if each.islower()], current)


def _arguments(group: Any, command: Any, current: str) -> Iterator[Offer]:
    """Yield the completions of an argument."""
    parameter = next((each for each in command.params if each.param_type_name == "argument"), None)
    if parameter is None:
        return
    if command.name == "kinds":
        yield from (Offer(token) for token in kinds())
    elif command.name == "help":
        from pulumi_nbcloud.cli.topics import TOPICS

        yield from (Offer(name, topic.about) for name, topic in TOPICS.items())
        yield from _commands(group)
    elif parameter.type_descriptor.choices:
        yield from (Offer(str(each.value)) for each in parameter.type_descriptor.choices)
    elif "KIND/ID" in parameter.metavar:
        if "CLOUD" in parameter.metavar:
            yield from (Offer(cloud) for cloud in dict.fromkeys(token.partition(":")[0] for token in kinds()))
        named = _NAMED.fullmatch(current) if "NAME=" in parameter.metavar else None
        prefix, target = (f"{named[1]}=", named[2]) if named else ("", current)
        for each in _target(target):
            yield Offer(f"{prefix}{each.word}", each.about, each.goes_on)


def _target(text: str) -> Iterator[Offer]:
    """Yield the completions of a target: its kind, then the arguments after `?`. Ids would need a request."""
    path, mark, query = text.partition("?")
    token = path.partition("/")[0]
    if not mark:
        if "/" in path:
            return
        for name, each in kinds().items():
            if each["id"]:
                yield Offer(f"{name}/", " / ".join(each["id"]), goes_on=True)
            else:
                yield Offer(name, "a list")
                yield Offer(f"{name}?", "a list, with a filter", goes_on=True)
        return
    done, ampersand, last = query.rpartition("&")
    head = f"{path}?{done}{ampersand}"
    used = {pair.partition("=")[0] for pair in done.split("&")}
    key, equals, _ = last.partition("=")
    filters: dict[str, list[str]] = kinds().get(token, {}).get("filters", {})
    if equals:
        yield from (Offer(f"{head}{key}={value}") for value in filters.get(key, ()))
    else:
        yield from (Offer(f"{head}{name}=", goes_on=True) for name in filters if name not in used)


def _targets(command: Any, words: list[str]) -> dict[str, str]:
    """Return the targets of the command line: their kinds, by their names in conditions."""
    found: dict[str, str] = {}
    for index, each in enumerate(words):
        if each.startswith("-") or (index and _option(command, words[index - 1]) is not None):
            continue
        named = _NAMED.fullmatch(each)
        name, target = (named[1], named[2]) if named else ("self", each)
        token = re.split(r"[/?]", target, maxsplit=1)[0]
        if token in kinds():
            found[name] = token
    return found


def _condition(targets: dict[str, str], text: str, *, fails: bool) -> Offers:
    """Return the completions at the end of a condition; at its start also the named conditions of all targets.

    Args:
        targets: the kinds of the targets, by their names.
        text: the condition up to the cursor.
        fails: whether the condition ends the wait.
    """
    value = _VALUE_AT_END.search(text)
    if value is not None:
        field = _field(targets, value[1])
        start = text[: value.start(2)]
        found = [Offer(f'{start}{each}"') for each in (field or {}).get("known", ()) if each.startswith(value[2])]
        return Offers(tuple(found))
    end = _PATH_AT_END.search(text)
    if end is None or text.count('"') % 2:
        return Offers()
    head = text[: end.start()]
    named = [] if head.strip() else _named(targets, fails=fails)
    return _behind(head, _fitting([*named, *_paths(targets, end[0])], end[0]))


def _named(targets: dict[str, str], *, fails: bool) -> Iterator[Offer]:
    """Yield the named conditions that all targets have."""
    each_has: list[dict[str, bool]] = [kinds()[token]["conditions"] for token in targets.values()]
    for name, for_both in each_has[0].items() if each_has else ():
        if all(name in has for has in each_has) and (for_both or not fails):
            yield Offer(name, "a condition of each target")


def _paths(targets: dict[str, str], path: str) -> Iterator[Offer]:
    """Yield the matching names, up to the next dot."""
    name, dot, rest = path.partition(".")
    if not dot:
        yield from (Offer(f"{each}.", token, goes_on=True) for each, token in targets.items())
        yield from (Offer(each, about, goes_on=True) for each, about in _FUNCTIONS.items())
        return
    fields: dict[str, Any] = kinds().get(targets.get(name, ""), {}).get("fields", {})
    depth = rest.count(".")
    for each, field in fields.items():
        if each.count(".") == depth and "[]" not in each:
            inner = any(other.startswith(f"{each}.") for other in fields)
            yield Offer(f"{name}.{each}{'.' if inner else ''}", field["type"], goes_on=True)


def _field(targets: dict[str, str], path: str) -> Any:
    name, _, rest = path.partition(".")
    return kinds().get(targets.get(name, ""), {}).get("fields", {}).get(rest)


def _fitting(offers: Iterable[Offer], current: str) -> Offers:
    return Offers(tuple(each for each in offers if each.word.startswith(current)))


def _behind(prefix: str, found: Offers) -> Offers:
    return Offers(tuple(Offer(f"{prefix}{each.word}", each.about, each.goes_on) for each in found.offers), found.files)


def _first_sentence(text: str | None) -> str:
    return re.split(r"\. |[.;:] ?$| \[default", text or "", maxsplit=1)[0]
