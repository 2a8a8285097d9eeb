"""Fills in what a build derives from the place where the project lives: its addresses, and the links of the README.

A package index shows the README away from the other pages, so that a relative link would lead nowhere. The sources keep
relative links, which work in any checkout and on any host. A link leads to the page of a file, a picture is the file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_RELATIVE = re.compile(r"\]\((?![a-z]+:|#|//)([^)\s]+)\)")
_PICTURE = re.compile(r"(!\[[^\]]*)" + _RELATIVE.pattern)


def addresses(repository: str, version: str) -> dict[str, str]:
    """Derive the addresses that a package index shows beside the project.

    Args:
        repository: where the sources live.
        version: of this build; its tag is `v` and the version.

    Returns:
        The addresses by their labels.
    """
    return {
        "Homepage": repository,
        "Documentation": f"{repository}/tree/v{version}/docs",
        "Changelog": f"{repository}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{repository}/issues",
        "Source": repository,
    }


def with_absolute_links(text: str, repository: str, version: str) -> str:
    """Make the relative links of a page absolute; what code blocks hold stays as it is.

    Args:
        text: Markdown.
        repository: where the sources live.
        version: of this build, so that its pages go on saying what holds for it.

    Returns:
        The page, with links to the files of the tag of this version.
    """
    parts = _FENCED.split(text)
    parts[::2] = [_PICTURE.sub(rf"\1]({repository}/raw/v{version}/\2)", part) for part in parts[::2]]
    parts[::2] = [_RELATIVE.sub(rf"]({repository}/blob/v{version}/\1)", part) for part in parts[::2]]
    return "".join(parts)


class CustomMetadataHook(MetadataHookInterface):
    """Gives hatchling the fields that `pyproject.toml` calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in `urls` and `readme`.

        Args:
            metadata: the `[project]` table, with the version in it; changed in place.
        """
        repository, version = self.config["repository"].rstrip("/"), metadata["version"]
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["urls"] = addresses(repository, version)
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": with_absolute_links(text, repository, version),
        }
