"""The page of settings: the keys of each cloud, and what becomes of what the vendors' own tools read."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.settings.identity import Entry, Treatment
from pulumi_nbcloud.settings.schema import EVERYWHERE, CredentialSet, Schema
from pulumi_nbcloud.settings.sources import variable
from reference_pages.markdown import Page, code, listed, page, prose, table

_TREATMENTS = {
    Treatment.HONOURED: "**Honoured**: each counts as the setting beside it.",
    Treatment.REFUSED: "**Refused by name**: where one would count, a read names it and sends nothing.",
    Treatment.HARMLESS: "**Harmless**: each changes nothing here.",
}


_SETTINGS = """
    # Settings

    Every key of {clouds}: where you set it and what it means. [Settings](../guides/settings.md) shows how to set them
    and which source counts.

    - A key stands in Pulumi config below the cloud, `nbcloud:CLOUD`, and in the environment as the variable beside it.
      The variables after it are the vendor's.
    - In a profile it stands below `nbcloud:profiles.NAME.CLOUD`, and its variable is called like `{variable}`.
    - **A credential** is taken together with the others of its method, from one source.
    - **With the credentials** means that the key counts from the source of the credentials, or from one before it.
    - Every other key is looked up by itself.
"""


def setting_pages() -> Iterator[Page]:
    yield page("settings.md", _settings())


def _settings() -> Iterator[str]:
    schemas = {load(token).account.schema.cloud: load(token).account.schema for token in KINDS}
    clouds = listed([f"[{cloud}](#{cloud})" for cloud in schemas])
    yield from prose(_SETTINGS, clouds=clouds, variable=variable("modelarts", "NAME", "region"))
    for schema in schemas.values():
        yield from (f"## {schema.cloud}", "", "### Authentication methods", "")
        yield from (f"Set the keys of exactly one method{' in one source' if len(schema.credentials) > 1 else ''}:", "")
        yield from (f"- {_method(each)}" for each in schema.credentials)
        yield from (*_keys(schema), *_vendors(schema), "")


def _method(of: CredentialSet) -> str:
    required, optional = [code(key) for key in of.required], [code(key) for key in of.optional]
    if not required:
        return f"{' or '.join(optional)}, or both"
    return listed(required) + (f", with or without {listed(optional)}" if optional else "")


def _keys(schema: Schema) -> Iterator[str]:
    credentials = {key for each in schema.credentials for key in each.keys}
    yield from ("", "### Keys", "")
    for key in schema.keys:
        vendors = [code(each.name) for source in schema.environment for each in source.entries if each.key == key]
        belongs = ". A credential." if key in credentials else ". With the credentials." if key in schema.bound else "."
        about = schema.about[key] if key in schema.about else EVERYWHERE.get(key, "")
        yield f"- **`{key}`**: {about}{belongs}"
        yield f"  Variable: {', '.join([code(variable(schema.cloud, None, key)), *vendors])}."


def _vendors(schema: Schema) -> Iterator[str]:
    if not schema.identity:
        return
    yield from ("", "### What the vendor's tools read", "")
    yield "Variables and keys of files that choose for the vendor's own tools who signs in, which project, which host."
    for treatment, about in _TREATMENTS.items():
        found = [each for each in schema.identity if each.treatment is treatment]
        if found:
            yield from ("", about, "")
            last = "setting" if treatment is Treatment.HONOURED else "why"
            yield from table(("variable or key", "it chooses, for", last), [_row(each) for each in found])


def _row(each: Entry) -> tuple[str, ...]:
    why = each.reason + (f"; {each.hint}" if each.hint else "")
    setting = code(each.key) if each.key and each.treatment is Treatment.HONOURED else ""
    return code(each.name), f"{each.chooses.value}, for {each.by}", ": ".join(filter(None, (setting, why)))
