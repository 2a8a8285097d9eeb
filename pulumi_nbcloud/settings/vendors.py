"""Read the variables of the vendors' own tools: honour, reject or ignore each, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pulumi_nbcloud.settings.identity import Chooses, Entry, Passed, Treatment
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings, Source, Variables


def source_of(variables: Variables, schema: Schema, environment: Mapping[str, str]) -> Source:
    """Read one source of a vendor's variables.

    Args:
        variables: the variables of the source.
        schema: the schema of the cloud, with its credential sets.
        environment: the process's variables.
    """
    used: dict[str, Entry] = {}
    for entry in variables.entries:
        # CI systems pass an unset secret as an empty variable, which is no value.
        if environment.get(entry.name, "").strip():
            used.setdefault(entry.key or "", entry)
    keys = _preferred(frozenset(used), variables, schema) if used else frozenset()
    return Source(
        variables.label,
        {key: _value(entry, environment) for key, entry in used.items() if key in keys},
        variables={key: entry.name for key, entry in used.items() if key in keys},
        bound=frozenset(key for key, entry in used.items() if entry.bound),
        content=frozenset(key for key, entry in used.items() if entry.content),
    )


def _preferred(keys: frozenset[str], variables: Variables, schema: Schema) -> frozenset[str]:
    """Return the keys that count: among credentials, only those of the set that the vendor's tool would use."""
    for each in schema.credentials:
        if variables.weak & each.keys and not keys & (each.keys - variables.weak):
            keys -= each.keys
    whole = (each for each in variables.order if set(each.required) <= keys)
    taken: CredentialSet | None = next(whole, None)
    return keys if taken is None else keys - (schema.credential_keys - taken.keys)


def _value(entry: Entry, environment: Mapping[str, str]) -> str:
    value = environment[entry.name].strip()
    for path in entry.paths:
        value = value.rstrip("/").removesuffix(path)
    return value


def refuse(
    schema: Schema,
    names: Sequence[str],
    taken: int | None,
    environment: Mapping[str, str],
    found: Settings | None = None,
) -> None:
    """Reject values that a vendor's tool would use and this package does not support, if their source is selected.

    Args:
        schema: the schema of the cloud.
        names: the names of the sources, in their order.
        taken: the position of the source of the credentials; None without one.
        environment: the process's variables.
        found: the resolved settings; None if unknown yet, when only the credentials can be checked.

    Raises:
        SettingsError: names the variable, the tool that reads it, and the alternative.
    """
    region = found.values.get("region") if found else None
    for entry in schema.variables_in(environment, region):
        host = entry.chooses is Chooses.HOST
        if entry.treatment is Treatment.REFUSED and host == (found is not None):
            overridden = found is not None and _overridden(entry, found)
            if entry.acts(environment, region) and _counts(entry, names, taken, found) and not overridden:
                raise entry.refusal(region)


def _counts(entry: Entry, names: Sequence[str], taken: int | None, found: Settings | None) -> bool:
    """Return whether the source of an entry is the selected one, or precedes it."""
    if taken is None:
        return entry.chooses is Chooses.SIGN_IN and not entry.foreign
    own = _position(entry, names)
    # A region from a source uses that source's hosts.
    if entry.chooses is Chooses.HOST and found is not None and found.origin.get("region") == _label(entry):
        return True
    return own == taken or (own < taken and not entry.foreign)


def _overridden(entry: Entry, found: Settings) -> bool:
    return bool(entry.unless) and all(key in found.values for key in entry.unless)


def _position(entry: Entry, names: Sequence[str]) -> int:
    for label in (_label(entry), entry.source):
        if label in names:
            return names.index(label)
    return len(names)


def _label(entry: Entry) -> str:
    return f"the environment ({entry.source})"


def passed_over(schema: Schema, found: Settings, environment: Mapping[str, str]) -> Iterator[Passed]:
    """Yield the ignored values that a vendor's tools would use.

    Args:
        schema: the schema of the cloud.
        found: the resolved settings.
        environment: the process's variables.
    """
    region = found.values.get("region")
    for entry in schema.variables_in(environment, region):
        name = entry.variable(region)
        if found.profile is not None:
            yield Passed(name, f"the profile {found.profile} hears no variable of the vendor's")
        elif entry.treatment is not Treatment.HONOURED:
            reason = _why_not(entry, found, environment)
            if reason:
                yield Passed(name, reason)
        elif entry.key is None:
            if entry.name not in found.credentials_source:
                yield Passed(name, f"the credentials come from {found.credentials_source}")
        elif found.variables.get(entry.key) != entry.name:
            yield Passed(name, _why_unused(entry, found))


def _why_not(entry: Entry, found: Settings, environment: Mapping[str, str]) -> str | None:
    value = environment[entry.variable(found.values.get("region"))].strip().casefold()
    if entry.treatment is Treatment.HARMLESS:
        return entry.reason
    if value in entry.values:
        return None  # it has no effect
    missing = [each for each in entry.needs if not environment.get(each, "").strip()]
    if missing:
        return f"it counts only with {', '.join(missing)}"
    preferred = [each for each in entry.behind if environment.get(each, "").strip()]
    if preferred:
        return f"{preferred[0]} comes before it"
    if _overridden(entry, found):
        return f"the setting {' and '.join(entry.unless)} takes its place"
    return f"the credentials come from {found.credentials_source}"


def _why_unused(entry: Entry, found: Settings) -> str:
    key = entry.key or ""
    if key not in found.values:
        return f"the credentials come from {found.credentials_source}, without it"
    if found.origin[key] == _label(entry):
        return f"{found.variables[key]} comes before it"
    return f"{key} comes from {found.origin[key]}"
