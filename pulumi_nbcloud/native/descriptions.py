"""Descriptions for the schema: the core's texts for options, arguments and fields, for every language."""

from __future__ import annotations

import dataclasses
from functools import cache

from pulumi_nbcloud.kinds.fields import records_of
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.spelling import CAMEL_CASE
from pulumi_nbcloud.waiting.option_types import Option
from pulumi_nbcloud.waiting.options import OPTIONS

# Of the gate itself, besides its options.
_OTHERS = ("met_time", "elapsed_seconds", "transition_count", "start_time", "wait_start", "own_failures")


@cache
def names() -> frozenset[str]:
    """Return every name that has a property of its own in the schema, in snake_case."""
    kinds = [load(token) for token in KINDS]
    records = {record for kind in kinds for record in (kind.arguments, *records_of(kind.state))}
    fields = {each.name for record in records for each in dataclasses.fields(record)}
    return frozenset({*fields, *(each.name for each in OPTIONS), *_OTHERS})


def described(text: str) -> str:
    """Write a sentence of documentation for the schema: names as its properties, values as JSON.

    Args:
        text: as in a docstring, names in backticks; a condition in backticks stays as it is.
    """
    text = CAMEL_CASE.about(text, names())
    return f"{text[:1].upper()}{text[1:]}"


def option_described(option: Option) -> str:
    """Describe an option of a wait, with its default."""
    about = option.described(CAMEL_CASE, names())
    default = f" Default: {described_default(option)}." if option.default_words else ""
    return f"{about[:1].upper()}{about[1:]}{default}"


def described_default(option: Option) -> str:
    """Write the default of an option; empty if there is none to write."""
    return CAMEL_CASE.about(option.default_words or "", names())
