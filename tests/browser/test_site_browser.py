"""The site in a browser: search, tabs, copies, light and dark, a phone, and what helps those who cannot see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from site_console import commands_and_output
from site_support import ROOT, SITE, paths

Open = Callable[..., Page]
SCREENSHOTS = SITE.parent / "screenshots"
PHONE, DESK = 390, 1280
# One of each section of the navigation, one with tabs, and one that shows a file.
SAMPLES = {
    "home": "",
    "start": "start/first-gate/",
    "guide": "guides/gates/",
    "tabs": "guides/languages/",
    "recipe": "recipes/kubernetes/",
    "concept": "concepts/gate-life/",
    "reference": "reference/options/",
    "project": "project/security/",
    "file": "examples/serve/wait.sh/",
}
# What people would type, and a page that has to be among the first of what is found.
QUERIES = {
    "github actions": "guides/pipeline/",
    "timeout": "guides/gate-options/",
    "argo rollouts": "guides/serve/",
    "exit code": "reference/exit-codes/",
    "typescript": "guides/languages/",
    "mock clouds": "guides/testing/",
    "access key": "guides/modelarts/",
    "idle kernel": "guides/aidp/",
    "secret": "guides/gates/",
    "install": "start/install/",
    "kubernetes": "recipes/kubernetes/",
    "sleep loop": "start/alternatives/",
    "proxy": "guides/settings/",
}
FIRST = 6


def current(page: Page) -> str:
    """The scheme of colours that a page shows."""
    scheme: str = page.locator("body").get_attribute("data-md-color-scheme")
    return scheme


def chosen(page: Page) -> list[str]:
    """The label of the tab that each block of tabs shows."""
    labels: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".tabbed-set")].map(set => {
            const input = set.querySelector(":scope > input:checked")
            return set.querySelector(`label[for="${input.id}"]`).textContent.trim()
        })"""
    )
    return labels


@pytest.mark.parametrize(("query", "found"), QUERIES.items())
def test_search_finds_what_people_look_for(opened: Open, query: str, found: str) -> None:
    page = opened("guides/record/")
    page.get_by_role("button", name="Search").click()
    page.keyboard.type(query)
    first = page.locator(f"[role=option]:nth-child(-n+{FIRST} of [role=option])")
    expect(first.and_(page.locator(f"[href*='/{found}']")).first).to_be_visible()


def test_what_search_finds_can_be_opened(opened: Open) -> None:
    page = opened()
    page.get_by_role("button", name="Search").click()
    page.keyboard.type("argo rollouts")
    page.locator("[role=option][href*='guides/serve/']").first.click()
    expect(page.locator("h1")).to_contain_text("Serve")


def test_tabs_switch_together_and_keep_across_pages(opened: Open, address: str) -> None:
    page = opened("guides/languages/")
    assert set(chosen(page)) == {"TypeScript"}
    page.locator(".tabbed-labels label", has_text=re.compile(r"^Go$")).first.click()
    assert chosen(page) == ["Go"] * 5
    expect(page.locator(".tabbed-block:visible code").first).to_contain_text(":=")
    page.goto(address)
    page.goto(f"{address}guides/languages/")
    assert chosen(page) == ["Go"] * 5


def test_a_copy_of_a_session_has_its_commands_alone(opened: Open) -> None:
    text = (ROOT / "docs" / "guides" / "pipeline.md").read_text(encoding="utf-8")
    block = re.search(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    session = list(commands_and_output(block[1]))
    assert any(output for _, output in session)
    page = opened("guides/pipeline/")
    assert copied(page, ".language-console") == "\n".join(command for command, _ in session)


def test_a_copy_of_a_program_is_the_program(opened: Open) -> None:
    text = (ROOT / "docs" / "guides" / "gates.md").read_text(encoding="utf-8")
    block = re.search(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    assert copied(opened("guides/gates/"), ".language-python") == block[1].rstrip()


def copied(page: Page, block: str) -> str:
    first = page.locator(block).first
    first.hover()
    first.locator("button[data-md-type=copy]").click()
    expect(page.locator(".md-dialog")).to_contain_text("Copied")
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_light_and_dark_can_be_chosen_and_are_kept(opened: Open, address: str) -> None:
    page = opened("guides/gates/")
    assert current(page) == "default"
    switch = page.locator("form[data-md-component=palette] label:visible")
    # From the mode of the system to light, then to dark.
    switch.click()
    assert current(page) == "default"
    switch.click()
    assert current(page) == "slate"
    page.goto(f"{address}reference/options/")
    assert current(page) == "slate"
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    switch.click()
    assert current(page) == "default"


@pytest.mark.parametrize(("scheme", "shown"), [("light", "default"), ("dark", "slate")])
def test_at_first_the_mode_is_that_of_the_system(opened: Open, scheme: str, shown: str) -> None:
    assert current(opened(scheme=scheme)) == shown


def test_no_page_is_wider_than_a_phone_and_none_logs_an_error(opened: Open, address: str) -> None:
    """Every page, so that each has been loaded by the browser once."""
    page = opened(width=PHONE, height=844)
    wide = {}
    for path in paths():
        page.goto(address + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE:
            wide[path] = width
    assert wide == {}


def test_the_menu_of_a_phone_leads_to_every_section(opened: Open) -> None:
    page = opened("guides/gates/", width=PHONE, height=844)
    menu = page.locator("nav.md-nav--primary")
    expect(menu).not_to_be_in_viewport()
    page.locator("label.md-header__button[for=__drawer]").click()
    expect(menu).to_be_in_viewport()
    link = menu.get_by_role("link", name="Options of gates", exact=False).first
    link.click()
    expect(page).to_have_url(re.compile("guides/gate-options/$"))


def test_a_wrong_address_has_a_page_that_leads_home(browser: Any, address: str) -> None:
    page = browser.new_page()
    response = page.goto(f"{address}no/such/page")
    assert response.status == 404
    expect(page.locator("h1")).to_have_text("Page not found")
    page.get_by_role("link", name="home page").click()
    expect(page).to_have_url(address)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SAMPLES)
def test_axe_finds_nothing_serious(opened: Open, name: str, scheme: str) -> None:
    page = opened(SAMPLES[name], scheme=scheme)
    found = Axe().run(page).response["violations"]
    assert [
        (each["id"], node["target"], node["failureSummary"])
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ] == []


@pytest.mark.parametrize("name", SAMPLES)
def test_pictures_of_the_site_are_taken(opened: Open, name: str) -> None:
    """For people to look at: two widths, light and dark, in an ignored folder."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width, height in ((DESK, 900), (PHONE, 844)):
        for scheme in ("light", "dark"):
            page = opened(SAMPLES[name], width=width, height=height, scheme=scheme)
            path = SCREENSHOTS / f"{name}-{width}-{scheme}.png"
            page.screenshot(path=str(path))
            assert path.stat().st_size > 10_000
