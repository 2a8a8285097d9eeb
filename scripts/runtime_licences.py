"""The licences of what an installation brings, from the metadata of the locked versions, held against a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ALLOWED = frozenset(
    ["Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "UPL-1.0"],
)
# What older metadata writes, in lower case: texts of `License`, then ends of classifiers.
SPELLINGS = {
    "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "3-clause bsd license": "BSD-3-Clause",
    "mit license": "MIT",
    "isc license": "ISC",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "universal permissive license (upl)": "UPL-1.0",
}
# Their metadata names none; this is what the file LICENSE in them says.
READ = {"cel-python": "Apache-2.0", "httpx-aiohttp": "BSD-3-Clause"}
# Installed on some Pythons or systems only; this is what the metadata of these says, wherever it is.
ELSEWHERE = {"async-timeout": "Apache-2.0", "colorama": "BSD-3-Clause", "exceptiongroup": "MIT", "tomli": "MIT"}
# Accepted for one package each. crc32c comes with the extra `oci` alone, as a library of its own, unchanged.
ACCEPTED = {"crc32c": "LGPL-2.1-or-later"}


def required(name: str, extras: Iterable[str] = ("",), *, without: Iterable[str] = ()) -> list[str]:
    """The distributions that an installed one needs, with what they need, without any extra but those named.

    Those in `without` are left out, and what nothing but they need.
    """
    left_out = {*without}
    seen: set[tuple[str, str]] = set()
    left = [(name, extra) for extra in extras]
    while left:
        each, extra = left.pop()
        for text in requires(each) or ():
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            if canonicalize_name(requirement.name) in left_out:
                continue
            found = {(canonicalize_name(requirement.name), wanted) for wanted in ("", *requirement.extras)} - seen
            seen |= found
            left += found
    return sorted({each for each, _ in seen})


def licence_of(name: str) -> str:
    """The licence of a distribution as an SPDX expression, or what its metadata says instead."""
    try:
        facts = metadata(name)
    except PackageNotFoundError:
        return ELSEWHERE.get(name, "none")
    if facts["License-Expression"]:
        return str(facts["License-Expression"])
    stated = (facts["License"] or "").strip()
    short = SPELLINGS.get(stated.lower(), stated)
    if short in ALLOWED or short in ACCEPTED.values():
        return short
    ends = [each.split("::")[-1].strip() for each in facts.get_all("Classifier") or () if each.startswith("License ::")]
    found = [SPELLINGS.get(end.lower(), end) for end in ends if end != "OSI Approved"]
    return READ.get(name) or " AND ".join(found) or stated.partition("\n")[0][:60] or "none"


def is_allowed(name: str, licence: str) -> bool:
    """Whether every part of an expression has an alternative that is allowed; parentheses are for a person to read."""
    if ACCEPTED.get(name) == licence:
        return True
    return all(any(each.strip() in ALLOWED for each in part.split(" OR ")) for part in licence.split(" AND "))


def refused(licences: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A line for each distribution with a licence that is not allowed."""
    for name, licence in licences:
        if not is_allowed(name, licence):
            yield f"{name}: {licence}"
