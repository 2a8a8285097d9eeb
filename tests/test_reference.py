"""The generated pages of docs/reference/: a kind that is registered has its page, and a page that nobody makes goes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docs_support import BLOCK
from made_up_cloud import TOKEN

from pulumi_nbcloud.kinds.registry import KINDS, load

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by scripts/reference from the code; edit the code, then run `make reference`. -->"


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The pages as they are made of the kinds and of one more, which no script knows."""
    monkeypatch.setitem(KINDS, TOKEN, "made_up_cloud:THING")
    monkeypatch.syspath_prepend(ROOT / "scripts")
    before = set(sys.modules)
    from reference_pages.api_pages import api_pages
    from reference_pages.kind_pages import kind_pages
    from reference_pages.option_pages import list_pages
    from reference_pages.setting_pages import setting_pages

    made = (*kind_pages(), *list_pages(), *setting_pages(), *api_pages())
    yield {each.path: "\n".join(each.lines) for each in made}
    for name in set(sys.modules) - before:
        if name.startswith("reference_pages"):
            del sys.modules[name]


def test_a_kind_has_its_page_by_registration_alone(pages: dict[str, str]) -> None:
    page = pages["kinds/madeup-thing.md"]
    assert page.startswith(f"# {TOKEN}\n")
    assert "current = nbcloud.madeup.get_thing(thing_id=thing_id)" in page
    assert '- `self.status == "READY"`' in page
    assert "- `thing_id` (string, required): The thing's id.\n" in page
    assert "- `status` (string, may be null): The thing's status.\n" in page
    assert f"## {TOKEN}\n\nOne thing. You can look up, record and wait." in pages["kinds.md"]
    assert f"## [{TOKEN}](kinds/madeup-thing.md)\n" in pages["conditions.md"]
    assert "- **`voucher`**: " in pages["settings.md"]
    # No module to import has been generated for it.
    assert "api/madeup.md" not in pages


@pytest.mark.parametrize("token", KINDS)
def test_a_page_has_what_the_kind_declares(token: str, pages: dict[str, str]) -> None:
    kind = load(token)
    page = pages[f"kinds/{_dashed(token)}.md"]
    for name in (*kind.argument_names, *kind.state_names):
        assert f"- `{name}` (" in page, name
    for each in (*kind.failed, *kind.conditions.values()):
        assert each.condition is None or f"`{each.condition}`" in page
    assert f"]({kind.documentation.page})" in page
    assert page.count("](../../vendors/") >= 5
    shown = [language for language, _ in BLOCK.findall(page)]
    assert shown == ["python", *("typescript", "go", "yaml") * (1 if kind.is_list else 2)]


def _dashed(token: str) -> str:
    cloud, _, name = token.partition(":")
    return "-".join([cloud, *("".join(f" {each}" if each.isupper() else each for each in name).lower().split())])


def test_every_option_and_its_default_have_a_heading(pages: dict[str, str]) -> None:
    from pulumi_nbcloud.waiting.options import OPTIONS

    for each in OPTIONS:
        section = pages["options.md"].partition(f"## `{each.name}`\n")[2].partition("\n## ")[0]
        assert f"- Default: {each.default_words or 'none'}" in section
        assert ("- A change waits again" in section) is each.waits_again


def test_the_api_has_every_public_name(pages: dict[str, str]) -> None:
    import pulumi_nbcloud

    modules = {"aidp", "hpcai", "modelarts"}
    for name in set(pulumi_nbcloud.__all__) - modules:
        assert f"nbcloud.{name}" in pages["api.md"], name
    for cloud in modules:
        page = pages[f"api/{cloud}.md"]
        public: Any = getattr(pulumi_nbcloud, cloud)
        states = {each for each in public.__all__ if not each.startswith("get_") and f"### `{each}`" not in page}
        # What is left are states and their parts, which the page of the kind describes.
        assert all(hasattr(getattr(public, each), "__dataclass_fields__") for each in states)
        assert [each for each in public.__all__ if each.startswith("get_") and f"### `{each}`" not in page] == []


def _copied(folder: Path) -> Path:
    """A copy of the script and of the pages, beside the package as it is; the script of the copy."""
    (folder / "scripts").mkdir()
    (folder / "docs").mkdir()
    (folder / "pulumi_nbcloud").symlink_to(ROOT / "pulumi_nbcloud")
    (folder / "docs" / "vendors").symlink_to(ROOT / "docs" / "vendors")
    for path in (ROOT / "scripts" / "reference", *(ROOT / "scripts" / "reference_pages").glob("*.py"), *_written()):
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return folder / "scripts" / "reference"


def _written() -> list[Path]:
    return sorted(REFERENCE.rglob("*.md"))


def test_stale_pages_are_noticed_and_written_again(tmp_path: Path) -> None:
    """On a copy, so that the pages themselves stay as they are."""
    script, copy = _copied(tmp_path), tmp_path / "docs" / "reference"
    stale = copy / "exit-codes.md"
    stale.write_text(stale.read_text(encoding="utf-8").replace("| 124 |", "| 125 |"), encoding="utf-8")
    (copy / "kinds" / "modelarts-notebook-lease.md").unlink()
    (copy / "kinds" / "of-yesterday.md").write_text(f"{NOTE}\n\n# A kind that is gone\n", encoding="utf-8")
    (copy / "by-hand.md").write_text("# Written by hand\n", encoding="utf-8")
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert done.returncode == 1
    names = "exit-codes.md, kinds/modelarts-notebook-lease.md, kinds/of-yesterday.md"
    assert done.stdout.splitlines() == [
        f"error: docs/reference/ is not what the code says: {names}",
        "hint: run make reference",
    ]
    subprocess.run([sys.executable, str(script)], check=True)
    (copy / "by-hand.md").unlink()
    assert {path.relative_to(copy): path.read_text(encoding="utf-8") for path in copy.rglob("*.md")} == {
        path.relative_to(REFERENCE): path.read_text(encoding="utf-8") for path in _written()
    }
