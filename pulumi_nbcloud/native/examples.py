"""Example programs in the descriptions of the schema, in each language, made from what a kind requires."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, get_type_hints

from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.native.names import (
    GATE,
    PACKAGE,
    WAIT_START,
    camel,
    function_token,
    resource_token,
    target_token,
)
from pulumi_nbcloud.native.package import NODE_PACKAGE, go_import_path
from pulumi_nbcloud.native.schema_types import type_of

AnyKind = Kind[Any, Any, Any]
PULUMI_GO = "github.com/pulumi/pulumi/sdk/v3/go/pulumi"
# By the type of the schema: how Node and Go read a value of the stack's config, and how Go makes an input of it.
_READ = {
    "string": ("require", "Require", "String"),
    "number": ("requireNumber", "RequireFloat64", "Float64"),
    "integer": ("requireNumber", "RequireInt", "Int"),
    "boolean": ("requireBoolean", "RequireBool", "Bool"),
}
# A value of an object of Go on one line.
_PAIR = re.compile(r" *\w+: [^{]*,")


@dataclass(frozen=True)
class Setting:
    """A value that a program reads from the stack's config.

    Args:
        name: of the value and of the property that gets it.
        type: of the schema.
    """

    name: str
    type: str

    @property
    def node(self) -> str:
        """The property in TypeScript."""
        return f'{self.name}: config.{_READ[self.type][0]}("{self.name}")'

    @property
    def go(self) -> str:
        """The property in Go."""
        _, read, wrapped = _READ[self.type]
        return f'{_exported(self.name)}: pulumi.{wrapped}(cfg.{read}("{self.name}")),'

    @property
    def yaml(self) -> str:
        """The property in YAML."""
        return f"{self.name}: ${{{self.name}}}"


@dataclass(frozen=True)
class Example:
    """One program in three languages, without what all programs begin and end with.

    Args:
        settings: the values that it reads from the stack's config.
        node: its statements in TypeScript.
        go: its statements in Go.
        go_module: the module of this package that these import; empty for the root.
        yaml: its sections in YAML.
    """

    settings: Sequence[Setting]
    node: str
    go: str
    go_module: str
    yaml: str

    def markdown(self, title: str) -> str:
        """Return the section of a description that shows it."""
        programs = {"typescript": self.in_node(), "go": self.in_go(), "yaml": self.in_yaml()}
        shown = "\n\n".join(f"```{language}\n{program.strip()}\n```" for language, program in programs.items())
        return (
            "{{% examples %}}\n## Example Usage\n\n{{% example %}}\n"
            f"### {title}\n\n{shown}\n{{{{% /example %}}}}\n{{{{% /examples %}}}}"
        )

    def in_node(self) -> str:
        """Return the program in TypeScript."""
        imports = [f'import * as {PACKAGE} from "{NODE_PACKAGE}";', ""]
        if self.settings:
            imports = ['import * as pulumi from "@pulumi/pulumi";', *imports, "const config = new pulumi.Config();"]
        return "\n".join((*imports, self.node))

    def in_go(self) -> str:
        """Return the program in Go."""
        ours = f"{go_import_path()}/{self.go_module}".rstrip("/")
        paths = [ours, PULUMI_GO, *([f"{PULUMI_GO}/config"] if self.settings else [])]
        read = ['cfg := config.New(ctx, "")'] if self.settings else []
        lines = (
            *("package main", "", "import (", *(f'    "{each}"' for each in sorted(paths)), ")", ""),
            *("func main() {", "    pulumi.Run(func(ctx *pulumi.Context) error {"),
            *(f"        {line}" for line in (*read, *self.go.strip().splitlines())),
            *("    })", "}"),
        )
        return re.sub(r"(?m)^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), "\n".join(_aligned(lines)))

    def in_yaml(self) -> str:
        """Return the program in YAML."""
        lines = [line for each in self.settings for line in (f"  {each.name}:", f"    type: {each.type}")]
        return "\n".join((*(["config:", *lines] if lines else []), self.yaml.strip()))


def record_example(kind: AnyKind) -> str:
    """Show how a program records a thing of a kind."""
    settings, name, row = _settings(kind), _lower(kind.name), _dashed(kind.name)
    node = f"""
const {name} = new {PACKAGE}.{kind.cloud}.{kind.name}("{row}", {{
{_lines((f"{each.node}," for each in settings), 4)}
}});"""
    go = f"""
_, err := {kind.cloud}.New{kind.name}(ctx, "{row}", &{kind.cloud}.{kind.name}Args{{
{_lines((each.go for each in settings), 4)}
}})
return err"""
    yaml = f"""
resources:
  {name}:
    type: {resource_token(kind.token)}
    properties:
{_lines((each.yaml for each in settings), 6)}"""
    return Example(settings, node, go, kind.cloud, yaml).markdown(f"Record {_what(kind)}")


def function_example(kind: AnyKind) -> str:
    """Show how a program reads a thing of a kind."""
    settings, name = _settings(kind), _lower(kind.name)
    given = _lines((f"{each.node}," for each in settings), 4)
    node = f"""
const {name} = {PACKAGE}.{kind.cloud}.get{kind.name}Output({{{_block(given)}}});
export const result = {name};"""
    # If a resource has the name, the function of Go gets another.
    function = f"{kind.cloud}.{'Get' if kind.is_list else 'Lookup'}{kind.name}Output"
    given = _lines((each.go for each in settings), 4)
    go = f"""
result := {function}(ctx, {function}Args{{{_block(given)}}}, nil)
ctx.Export("result", result)
return nil"""
    given = _lines(("arguments:", *(f"  {each.yaml}" for each in settings)), 6) if settings else ""
    yaml = f"""
variables:
  {name}:
    fn::invoke:
      function: {function_token(kind.token)}{_block(given).rstrip()}
outputs:
  result: ${{{name}}}"""
    return Example(settings, node, go, kind.cloud, yaml).markdown(f"Read {_what(kind)}")


def gate_example(kind: AnyKind) -> str:
    """Show how a program waits for a thing of a kind."""
    settings, row = _settings(kind), _dashed(kind.name)
    node = f"""
const gate = new {PACKAGE}.Gate("{row}", {{
{_node_target(kind)}
    timeout: "1h",
}});
export const outcome = gate.outcome;"""
    go = f"""
gate, err := {PACKAGE}.NewGate(ctx, "{row}", &{PACKAGE}.GateArgs{{
    Target: {_go_target(kind, 4)},
    Timeout: pulumi.String("1h"),
}})
if err != nil {{
    return err
}}
ctx.Export("outcome", gate.Outcome)
return nil"""
    yaml = f"""
resources:
  gate:
    type: {_short(GATE)}
    properties:
{_yaml_target(kind)}
      timeout: 1h
outputs:
  outcome: ${{gate.outcome}}"""
    return Example(settings, node, go, "", yaml).markdown(f"Wait for {_what(kind)}")


def wait_start_example(kind: AnyKind) -> str:
    """Show how a program waits for a thing of a kind, ten minutes of an update at a time."""
    settings, row = _settings(kind), _dashed(kind.name)
    node = f"""
const wait: {PACKAGE}.WaitStartArgs = {{
{_node_target(kind)}
    timeout: "40h",
}};
const start = new {PACKAGE}.WaitStart("{row}", wait);
const gate = new {PACKAGE}.Gate("{row}", {{ ...wait, hold: "10m", waitStart: start.waitStart }});"""
    go = f"""
target := {_go_target(kind, 0)}
start, err := {PACKAGE}.NewWaitStart(ctx, "{row}", &{PACKAGE}.WaitStartArgs{{
    Target: target,
    Timeout: pulumi.String("40h"),
}})
if err != nil {{
    return err
}}
_, err = {PACKAGE}.NewGate(ctx, "{row}", &{PACKAGE}.GateArgs{{
    Target: target,
    Timeout: pulumi.String("40h"),
    Hold: pulumi.String("10m"),
    WaitStart: start.WaitStart,
}})
return err"""
    wait = f"{_yaml_target(kind)}\n      timeout: 40h"
    yaml = f"""
resources:
  start:
    type: {_short(WAIT_START)}
    properties:
{wait}
  gate:
    type: {_short(GATE)}
    properties:
{wait}
      hold: 10m
      waitStart: ${{start.waitStart}}"""
    return Example(settings, node, go, "", yaml).markdown(f"Wait for {_what(kind)} over several updates")


def _settings(kind: AnyKind) -> list[Setting]:
    hints = get_type_hints(kind.arguments, include_extras=True)
    return [Setting(camel(name), type_of(hints[name], kind.token)["type"]) for name in kind.required_names]


def _node_target(kind: AnyKind) -> str:
    given = (f"{each.node}," for each in _settings(kind))
    return _lines(("target: {", *(f"    {each}" for each in (f'kind: "{kind.token}",', *given)), "},"), 4)


def _go_target(kind: AnyKind, indent: int) -> str:
    type_ = f"{PACKAGE}.{target_token(kind.token).rpartition(':')[2]}Args"
    given = (f'Kind: pulumi.String("{kind.token}"),', *(each.go for each in _settings(kind)))
    return f"{type_}{{\n{_lines(given, indent + 4)}\n{' ' * indent}}}"


def _yaml_target(kind: AnyKind) -> str:
    given = (f"kind: {kind.token}", *(each.yaml for each in _settings(kind)))
    return _lines(("target:", *(f"  {each}" for each in given)), 6)


def _lines(lines: Iterable[str], indent: int) -> str:
    return "\n".join(f"{' ' * indent}{each}" for each in lines)


def _aligned(lines: Iterable[str]) -> Iterator[str]:
    """Align values below each other, as Go's formatter does."""
    for are_pairs, found in groupby(lines, lambda line: _PAIR.fullmatch(line) is not None):
        group = list(found)
        widest = max(line.find(":") for line in group)
        for line in group:
            name, _, value = line.partition(": ")
            yield f"{name}:{' ' * (1 + widest - len(name))}{value}" if are_pairs else line


def _block(lines: str) -> str:
    """Put lines between braces; nothing if there are none."""
    return f"\n{lines}\n" if lines else ""


def _what(kind: AnyKind) -> str:
    return kind.documentation.what if kind.documentation else kind.name


def _short(token: str) -> str:
    """Write a token of the root module as YAML has it: `nbcloud:Gate`."""
    return token.replace(":index:", ":")


def _lower(name: str) -> str:
    return f"{name[:1].lower()}{name[1:]}"


def _exported(name: str) -> str:
    return f"{name[:1].upper()}{name[1:]}"


def _dashed(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
