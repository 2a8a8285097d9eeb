"""The SBOM of a release, as CycloneDX: what the wheel needs at run time, with every extra and on every platform.

All of it follows from the wheel, `requirements-runtime.lock` and the date in the changelog, so two runs give the same
bytes: the time is that of the release, and the serial number is made from the content.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import License, LicenseAcknowledgement
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = "requirements-runtime.lock"
SCHEMA = SchemaVersion.V1_6
PROJECT = "pulumi-nbcloud"
# Changelogs have days. Without one there is no release: then the first that archives can hold, as they write it.
NO_DATE = "1980-01-01"


@dataclass
class Locked:
    """One version of one distribution in the lock file, which may be for some Pythons or systems only."""

    name: str
    version: str
    marker: str
    hashes: list[str] = field(default_factory=list)
    needed_by: list[str] = field(default_factory=list)


def read_lock(text: str) -> list[Locked]:
    """Read a lock file of uv, with its hashes and its notes of what needs what."""
    found: list[Locked] = []
    for line in text.splitlines():
        word = line.strip().removesuffix("\\").strip()
        if not line.startswith(" "):
            requirement = Requirement(word)
            (pin,) = requirement.specifier
            found.append(Locked(canonicalize_name(requirement.name), pin.version, str(requirement.marker or "")))
        elif word.startswith("--hash=sha256:"):
            found[-1].hashes.append(word.removeprefix("--hash=sha256:"))
        elif parent := re.fullmatch(r"#\s+(?:via )?([a-z0-9-]+)(?: \(pyproject\.toml\))?", word):
            found[-1].needed_by += [] if parent[1] == "via" else [parent[1]]
    return found


def direct(metadata: Metadata, extra: str = "") -> list[Requirement]:
    """What the wheel itself names: without any extra, or for one of them alone."""
    requirements = [each for each in metadata.requires_dist or () if bool(extra) == ("extra ==" in str(each.marker))]
    return [each for each in requirements if each.marker is None or each.marker.evaluate({"extra": extra})]


def stale(locked: Iterable[Locked], metadata: Metadata) -> Iterator[str]:
    """A line for each requirement of the wheel that the lock file lacks or has another version of, and the reverse."""
    versions: dict[str, list[str]] = {}
    for each in locked:
        versions.setdefault(each.name, []).append(each.version)
    requirements = metadata.requires_dist or []
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        there = versions.get(name, ["none"])
        if [version for version in versions.get(name, ()) if requirement.specifier.contains(version)] != there:
            yield f"{name}: the wheel needs {requirement.specifier}, locked is {', '.join(there)}"
    named = {canonicalize_name(requirement.name) for requirement in requirements}
    for left in sorted({each.name for each in locked if PROJECT in each.needed_by} - named):
        yield f"{left}: the wheel does not need it"


def brought(locked: Iterable[Locked], roots: Iterable[Requirement]) -> set[str]:
    """The names of some requirements, and of all that they need in turn."""
    needs: dict[str, set[str]] = {}
    for each in locked:
        for parent in each.needed_by:
            needs.setdefault(parent, set()).add(each.name)
    found: set[str] = set()
    left: set[str] = {canonicalize_name(each.name) for each in roots}
    while left:
        found |= left
        left = {name for parent in left for name in needs.get(parent, ())} - found
    return found


def licences(expression: str) -> list[License]:
    return [LicenseFactory().make_from_string(expression, license_acknowledgement=LicenseAcknowledgement.DECLARED)]


def component(locked: Locked, licence: str, extras: Iterable[str]) -> Component:
    """A distribution. Its lock names a hash for each of its files, and only one of these is installed."""
    names = [Property(name=f"{PROJECT}:extra", value=each) for each in extras]
    marker = [Property(name=f"{PROJECT}:marker", value=locked.marker)] if locked.marker else []
    purl = PackageURL("pypi", None, locked.name, locked.version)
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(purl)),
        comment="the hashes of all files of this version",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in locked.hashes],
    )
    return Component(
        name=locked.name,
        version=locked.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=licences(licence),
        scope=ComponentScope.OPTIONAL if names else ComponentScope.REQUIRED,
        properties=[*names, *marker],
        external_references=[files],
    )


def subject(metadata: Metadata, wheel: bytes) -> Component:
    """The wheel itself."""
    purl = PackageURL("pypi", None, metadata.name, str(metadata.version))
    return Component(
        name=metadata.name,
        version=str(metadata.version),
        description=metadata.summary,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=licences(metadata.license_expression or "none"),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(wheel).hexdigest())],
    )


def document(
    wheel: bytes, metadata: Metadata, locked: list[Locked], licence_of: Callable[[str], str], day: str | None
) -> str:
    """Write the SBOM of a wheel.

    Args:
        wheel: its bytes.
        metadata: that of the wheel.
        locked: what the lock file holds.
        licence_of: gives the licence of a distribution.
        day: when the release is made, as the changelog writes it.
    """
    always = brought(locked, direct(metadata))
    by_extra = {extra: brought(locked, direct(metadata, extra)) for extra in metadata.provides_extra or ()}
    root = subject(metadata, wheel)
    components: dict[str, list[Component]] = {PROJECT: [root]}
    for each in locked:
        extras = [] if each.name in always else [extra for extra, names in by_extra.items() if each.name in names]
        components.setdefault(each.name, []).append(component(each, licence_of(each.name), extras))
    when = datetime.fromisoformat(day or NO_DATE).replace(tzinfo=timezone.utc)
    bom = Bom(metadata=BomMetaData(component=root, timestamp=when), serial_number=uuid.UUID(int=0))
    for name, versions in components.items():
        bom.components.update(versions if name != PROJECT else ())
        needed = [version for each in locked if name in each.needed_by for version in components[each.name]]
        for version in versions:
            bom.register_dependency(version, needed)
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, text_of(bom))
    return text_of(bom)


def text_of(bom: Bom) -> str:
    return make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string(indent=2) + "\n"


def fault(text: str) -> str | None:
    """Return what the schema of CycloneDX finds wrong first; None where it is valid."""
    found = JsonStrictValidator(SCHEMA).validate_str(text)
    return None if found is None else str(found)
