"""Properties on the wire of the plugin, and plain Python: unknown values, secrets, whole numbers, in one order.

Names are camelCase on the wire and snake_case here, but only those of ours: the inputs and outputs of a resource, and
the arguments of a target. The keys of `targets`, of `triggers` and of what a cloud answers are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value
from pulumi.output import Unknown
from pulumi.runtime import rpc

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.native.names import camel, snake
from pulumi_nbcloud.printable import printable

Path = tuple[str, ...]
"""The way to a value: the names of properties, as they stand on the wire."""

# What Pulumi's engine writes for a value that is not known yet: one for each type.
UNKNOWNS = frozenset(
    (
        rpc.UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    )
)
_SIGNATURE = rpc._special_sig_key
_SECRET = rpc._special_secret_sig
_OUTPUT = rpc._special_output_value_sig
_FILES = (rpc._special_asset_sig, rpc._special_archive_sig)


@dataclass(frozen=True)
class Received:
    """Properties that came over the wire.

    Args:
        values: by name, in the order of their names.
        secrets: the ways to those that are secret; what is below one is not listed.
    """

    values: Mapping[str, Any]
    secrets: tuple[Path, ...] = field(default=())

    @property
    def secret_inputs(self) -> tuple[str, ...]:
        """The same ways as `engine.secrets.Secrets.of` takes them, with our own names."""
        return tuple(sorted(".".join(_renamed(path, snake)) for path in self.secrets))


def received(properties: Struct, *, given: bool = False) -> Received:
    """Read properties, with our own names in snake_case.

    Args:
        properties: as they came; no field of a message counts as an empty one.
        given: whether a program gives them, so that what cannot be honoured is refused.

    Raises:
        InputError: one of them, which a program gives, is spelled in another way, or holds an asset, an archive or a
            resource.
    """
    secrets: list[Path] = []
    values = {name: _plain(properties.fields[name], (name,), secrets, given) for name in sorted(properties.fields)}
    return Received(_with_names(values, snake, strict=given), tuple(secrets))


def sent(values: Mapping[str, Any], secrets: Iterable[Path] = ()) -> Struct:
    """Write properties, with our own names in camelCase.

    Args:
        values: by name.
        secrets: the ways to those that are secret, with the names on the wire. One that leads further than there are
            objects makes a secret of the last value on it.
    """
    named = _with_names(values, camel, strict=False)
    marked = _marked(named, [path for path in secrets if path and path[0] in named])
    properties = Struct()
    for name in sorted(marked):
        _write(properties.fields[name], marked[name])
    return properties


def is_known(value: Any) -> bool:
    """Return whether a value is known as a whole, whatever is in it."""
    return not isinstance(value, Unknown) and value != rpc.UNKNOWN


# --- names


def _is_ours(path: Path) -> bool:
    """Return whether the last name on a way is one of ours: of an input or output, or of an argument of a target."""
    return len(path) == 1 or (path[0] == "target" and len(path) == 2) or (path[0] == "targets" and len(path) == 3)


def _renamed(path: Path, rename: Callable[[str], str]) -> Path:
    return tuple(rename(name) if _is_ours(path[: index + 1]) else name for index, name in enumerate(path))


def _with_names(
    values: Mapping[str, Any], rename: Callable[[str], str], *, strict: bool, above: Path = ()
) -> dict[str, Any]:
    """Rename what is ours, at any depth where there is something of ours."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        path = (*above, name)
        ours = _is_ours(path)
        if strict and ours and "_" in name:
            raise InputError(
                f"{printable(name, 60)} is not an argument; did you mean {camel(name)}?",
                hint="write the names of properties in camelCase; those in conditions stay as they are",
            )
        inner = isinstance(value, Mapping) and path[0] in ("target", "targets") and len(path) < 3
        found[rename(name) if ours else name] = (
            _with_names(value, rename, strict=strict, above=path) if inner else value
        )
    return found


# --- from the wire


def _plain(value: Value, path: Path, secrets: list[Path], given: bool) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _object(value.struct_value, path, secrets, given)
    if kind == "list_value":
        inside: list[Path] = []
        items = [_plain(each, path, inside, given) for each in value.list_value.values]
        if inside:
            secrets.append(path)  # a list is secret as a whole where something in it is
        return items
    if kind == "string_value":
        return rpc.UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def _object(properties: Struct, path: Path, secrets: list[Path], given: bool) -> Any:
    fields = properties.fields
    if _SIGNATURE not in fields:
        return {name: _plain(fields[name], (*path, name), secrets, given) for name in sorted(fields)}
    signature = fields[_SIGNATURE].string_value
    if signature == _SECRET:
        secrets.append(path)
        return _plain(fields["value"], path, [], given) if "value" in fields else None
    if signature == _OUTPUT:
        is_secret = "secret" in fields and fields["secret"].bool_value
        if is_secret:
            secrets.append(path)
        inside: list[Path] = [] if is_secret else secrets
        return _plain(fields["value"], path, inside, given) if "value" in fields else rpc.UNKNOWN
    if given:
        what = "an asset or archive" if signature in _FILES else "a resource or another value of this type"
        hint = "give a hash of its content instead" if signature in _FILES else "give one of its outputs instead"
        raise InputError(f"{printable(path[0], 60)} cannot hold {what}", hint=hint)
    return None


# --- to the wire


def _marked(values: Mapping[str, Any], secrets: Iterable[Path]) -> dict[str, Any]:
    """Return values with a mark on those that are secret."""
    below: dict[str, list[Path]] = {}
    for path in secrets:
        below.setdefault(path[0], []).append(path[1:])
    return {name: _secret(value, below[name]) if name in below else value for name, value in values.items()}


def _secret(value: Any, paths: list[Path]) -> Any:
    if value is None:
        return None
    if not all(paths) or not isinstance(value, Mapping):
        return {_SIGNATURE: _SECRET, "value": value}
    return _marked(value, paths)


def _write(target: Value, value: Any) -> None:
    if value is None:
        target.null_value = 0  # type: ignore[assignment]
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, Unknown):
        target.string_value = rpc.UNKNOWN
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for name in sorted(value):
            _write(target.struct_value.fields[name], value[name])
    elif isinstance(value, (list, tuple)):
        target.list_value.SetInParent()
        for each in value:
            _write(target.list_value.values.add(), each)
    else:
        raise TypeError(f"a {type(value).__name__} cannot be sent to the engine")
