"""The walk of HPC-AI's list: whole or an error, never a short list."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from hpcai_support import (
    API_KEY,
    DEFAULT_ENDPOINT,
    PAGE_EXAMPLE,
    WHERE,
    Answer,
    Canned,
    account_of,
    listing,
    row,
    walked,
)

from pulumi_nbcloud.clouds.hpcai import walk as walking
from pulumi_nbcloud.clouds.hpcai.walk import walk
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    RefusedError,
    ThrottledError,
    UnreachableError,
)

TWICE = "the pages of the list do not add up, twice in a row: "


def rows(*ids: str) -> list[dict[str, Any]]:
    return [row(each) for each in ids]


def served(pages: dict[int, object]) -> Answer:
    """The same pages in every walk; beyond them null, as the cloud says it."""
    total = len({each for page in pages.values() if isinstance(page, list) for each in page})

    def answer(number: int, body: dict[str, Any]) -> object:
        page = pages.get(body["pager"]["currentPage"])
        return listing(rows(*page) if isinstance(page, list) else None, total)

    return answer


def in_turn(*pages: object) -> Answer:
    """Each page once, in the order of the requests."""
    return lambda number, body: pages[number - 1]


def error_of(answer: Answer) -> tuple[NbcloudError, Canned]:
    client = Canned(answer)
    with pytest.raises(NbcloudError) as caught:
        anyio.run(walk, account_of(client))
    return caught.value, client


# --- what is asked


def test_what_is_sent() -> None:
    _, client = walked(served({1: ["a"]}))
    (request,) = client.sent
    assert (request.method, request.origin, request.target) == ("POST", DEFAULT_ENDPOINT, "/api/instance/list")
    assert request.body == b'{"pager":{"currentPage":1,"pageSize":50}}'
    assert request.headers == {"Content-Type": "application/json", "X-API-Key": API_KEY}


def test_the_example_itself_is_one_page_of_ninety_two() -> None:
    # The page asks for 10, the response has a size of 3 and shows one: nothing can be computed from either.
    error, client = error_of(lambda number, body: PAGE_EXAMPLE.encode())
    assert error.problem == f"{TWICE}page 2 repeats instances of pages before it"
    assert client.pages == [1, 2, 1, 2]


# --- lists that add up


@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        ({}, [1]),
        ({1: ["a"]}, [1]),
        ({1: ["a", "b", "c"], 2: ["d", "e", "f"], 3: ["g"]}, [1, 2, 3]),
        # Pages of any size, one of them unlike the others.
        ({1: ["a"], 2: ["b", "c", "d", "e"], 3: ["f"]}, [1, 2, 3]),
        # One that shows an instance again because the list moved meanwhile, but shows all in the end.
        ({1: ["a", "b"], 2: ["b", "c"]}, [1, 2]),
    ],
)
def test_a_whole_list(pages: dict[int, object], asked: list[int]) -> None:
    found, client = walked(served(pages))
    expected = list(dict.fromkeys(each for page in pages.values() if isinstance(page, list) for each in page))
    assert list(found.instances) == expected
    assert client.pages == asked
    assert (found.endpoint, found.where, found.request_id) == (DEFAULT_ENDPOINT, WHERE, f"r-{len(asked)}")


def test_more_rows_than_asked_for_are_taken() -> None:
    ids = [f"i-{number}" for number in range(120)]
    found, client = walked(served({1: ids}))
    assert list(found.instances) == ids
    assert client.pages == [1]


def test_the_last_sight_of_a_repeated_instance_counts() -> None:
    second = row("b")
    second["instanceRuntimeInfo"]["status"] = "Stopped"
    found, _ = walked(in_turn(listing(rows("a", "b"), 3), listing([second, row("c")], 3)))
    assert [each.status for each in found.instances.values()] == ["Running", "Stopped", "Running"]


@pytest.mark.parametrize(
    "page",
    [
        {"instances": [], "pager": {"totalEntries": 0}},
        {"instances": None, "pager": {"currentPage": 1, "pageSize": 50, "totalEntries": 0}},
        {"pager": {"totalEntries": 0}},
        {"instances": None, "pager": None},
        {"instances": None},
        {"instances": [], "pager": {}},
        {"instances": [], "pager": {"totalEntries": None}, "code": 0, "message": "ok"},
        {"instances": [], "pager": {"totalEntries": "0"}},
    ],
)
def test_an_empty_list_in_all_its_spellings(page: object) -> None:
    found, client = walked(lambda number, body: page)
    assert list(found.instances) == []
    assert client.pages == [1]


def test_without_a_count_the_walk_goes_on_to_an_empty_page() -> None:
    found, client = walked(in_turn(listing(rows("a", "b")), listing(rows("c")), listing(None)))
    assert list(found.instances) == ["a", "b", "c"]
    assert client.pages == [1, 2, 3]


def test_a_count_that_comes_late_is_honoured() -> None:
    found, client = walked(in_turn(listing(rows("a", "b")), listing(rows("c"), 3)))
    assert list(found.instances) == ["a", "b", "c"]
    assert client.pages == [1, 2]


# --- rows that cannot be read, and page sizes that are refused


def test_an_odd_row_counts_once_however_often_it_is_shown() -> None:
    odd = row("odd", instanceRuntimeInfo=7)
    nameless = row(instanceMetadata=None)
    found, client = walked(
        in_turn(listing([odd, nameless, row("a")], 4), listing([nameless, odd, row("b")], 4)),
    )
    assert (list(found.instances), sorted(found.unreadable)) == (["a", "b"], ["odd", "row 1"])
    assert client.pages == [1, 2]


def test_the_last_sight_of_a_row_that_becomes_odd_or_stops_being_so_counts() -> None:
    odd = row("a", instanceRuntimeInfo=7)
    found, _ = walked(in_turn(listing([odd, row("b")], 3), listing([row("a"), row("c")], 3)))
    assert (sorted(found.instances), found.unreadable) == (["a", "b", "c"], {})
    found, _ = walked(in_turn(listing([row("a"), row("b")], 3), listing([odd, row("c")], 3)))
    assert (sorted(found.instances), list(found.unreadable)) == (["b", "c"], ["a"])


REFUSED = (400, {"code": 3, "message": "invalid argument"})


def sizes(client: Canned) -> list[int | None]:
    return [json.loads(each.body)["pager"].get("pageSize") for each in client.sent]


@pytest.mark.parametrize("refusal", [REFUSED, (200, {"code": 3, "message": "pageSize must be at most 20"}), (422, b"")])
def test_a_page_size_that_is_refused_is_left_to_the_server(refusal: object) -> None:
    found, client = walked(
        lambda number, body: refusal if body["pager"].get("pageSize") == 50 else listing(rows(f"i-{number}"), 2)
    )
    assert len(found.instances) == 2
    # What the cloud accepts is remembered for the next page.
    assert sizes(client) == [50, None, None]


def test_where_the_server_needs_a_size_that_of_the_page_is_taken() -> None:
    def answer(number: int, body: dict[str, Any]) -> object:
        size = body["pager"].get("pageSize")
        return REFUSED if size == 50 else (500, b"") if size is None else listing(rows("a"), 1)

    client = Canned(answer)
    account = account_of(client)

    async def twice() -> None:
        for _ in range(2):
            assert list((await walk(account)).instances) == ["a"]

    anyio.run(twice)
    assert sizes(client) == [50, None, 10, 10]


def test_a_request_that_is_refused_with_every_size_ends_with_the_first_refusal() -> None:
    error, client = error_of(lambda number, body: REFUSED)
    assert type(error) is RefusedError
    assert (error.request_id, sizes(client)) == ("r-1", [50, None, 10])


# --- lists that do not add up


NOT_ADDING_UP = [
    pytest.param(
        [listing(rows("a"), 2), listing(rows("b"), 3)], "the cloud's count changed from 2 to 3", id="it grows"
    ),
    pytest.param(
        [listing(rows("a"), 3), listing(rows("b"), 2)], "the cloud's count changed from 3 to 2", id="it shrinks"
    ),
    pytest.param(
        [listing(rows("a"), 2), listing(None, 2)], "page 2 is empty after 1 of 2 instances", id="an early end"
    ),
    pytest.param([listing(None, 2)], "page 1 is empty after 0 of 2 instances", id="a count without rows"),
    pytest.param(
        [listing(rows("a", "b"), 3), listing(rows("b", "a"), 3)],
        "page 2 repeats instances of pages before it",
        id="ids repeat",
    ),
    pytest.param(
        [listing(rows("a", "a"), 2), listing(None, 2)],
        "page 2 is empty after 1 of 2 instances",
        id="ids repeat within a page",
    ),
    pytest.param(
        [listing(rows("a")), listing(rows("a"))],
        "page 2 repeats instances of pages before it",
        id="ids repeat without a count",
    ),
    pytest.param(
        [listing(rows("a", "b"), 1)], "2 instances were seen but the cloud counts 1", id="more than are counted"
    ),
]


@pytest.mark.parametrize(("pages", "reason"), NOT_ADDING_UP)
def test_a_walk_that_does_not_add_up_is_repeated_once(pages: list[object], reason: str) -> None:
    error, client = error_of(in_turn(*pages, *pages))
    # Unreachable, because later it may be whole: a wait goes on.
    assert type(error) is UnreachableError
    assert error.problem == TWICE + reason
    assert (error.where, error.status, error.request_id) == (WHERE, 200, f"r-{2 * len(pages)}")
    assert error.hint == "instances may have come or gone meanwhile: try again; if it stays so, please report it"
    assert client.pages == [*range(1, len(pages) + 1)] * 2


@pytest.mark.parametrize(("pages", "reason"), NOT_ADDING_UP)
def test_a_second_walk_that_adds_up_is_taken_alone(pages: list[object], reason: str) -> None:
    found, client = walked(in_turn(*pages, listing(rows("x"), 2), listing(rows("y"), 2)))
    assert list(found.instances) == ["x", "y"]
    assert client.pages[len(pages) :] == [1, 2]


@pytest.mark.parametrize("body", [b"{}", b'{"canary": 1}', b'{"code": 0}', b'{"code": 0, "message": ""}'])
def test_an_object_of_something_else_is_no_empty_list(body: bytes) -> None:
    error, client = error_of(lambda number, asked: body)
    assert type(error) is BadResponseError
    assert error.problem == "the answer is not a list of instances: it has neither instances nor pager"
    assert (error.request_id, len(client.sent)) == ("r-1", 1)
    assert "canary" not in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'"canary"',
        b"",
        b"<html>canary</html>",
        b'{"instances": {}}',
        b'{"instances": "canary"}',
        b'{"instances": [], "pager": "canary"}',
        b'{"instances": [], "pager": {"totalEntries": -1}}',
        b'{"instances": [], "pager": {"totalEntries": 1.5}}',
        b'{"instances": [], "pager": {"totalEntries": true}}',
        b'{"instances": [], "pager": {"totalEntries": "canary"}}',
    ],
)
def test_what_is_no_list_is_refused_without_its_content(body: bytes) -> None:
    error, client = error_of(lambda number, asked: body)
    assert type(error) is BadResponseError
    assert len(client.sent) == 1
    assert "canary" not in str(error)


@pytest.mark.parametrize(
    ("answer", "cls"),
    [
        ((500, b""), UnreachableError),
        ((429, b""), ThrottledError),
        ({"code": -1, "message": "Not logged in or login expired, please log in again"}, AuthenticationError),
    ],
)
def test_an_error_on_a_later_page_is_the_errors_own_and_not_repeated(answer: Any, cls: type[NbcloudError]) -> None:
    error, client = error_of(in_turn(listing(rows("a"), 2), answer))
    assert type(error) is cls
    assert client.pages == [1, 2]


# --- bounds


def endless(number: int, body: dict[str, Any]) -> object:
    return listing(rows(f"i-{number}"))


def test_a_list_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_PAGES", 7)
    error, client = error_of(endless)
    assert type(error) is BadResponseError
    assert error.problem == "the list is longer than 7 pages"
    assert error.hint == "this package reads no longer lists; please report what you need"
    assert client.pages == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        ([listing(rows("a"), 4)], 1),
        ([listing(rows("a", "b")), listing(rows("c", "d"))], 2),
    ],
    ids=["by its count", "by its rows"],
)
def test_a_list_that_is_too_long_is_given_up(pages: list[object], asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_INSTANCES", 3)
    error, client = error_of(in_turn(*pages))
    assert error.problem == "the list is longer than 3 instances"
    assert len(client.sent) == asked


def test_the_bounds_are_those_documented() -> None:
    assert (walking.MAX_PAGES, walking.MAX_INSTANCES, walking.WALK_SECONDS) == (1_000, 50_000, 300.0)


def test_a_walk_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "WALK_SECONDS", 0.0)
    error, _ = error_of(endless)
    assert type(error) is UnreachableError
    assert error.problem == "the list was not whole within 0 s"
    assert error.where == WHERE
