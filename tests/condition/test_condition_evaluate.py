"""What a condition comes to: each operator, function, method and macro with a value, null, an absent parent, empty."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from condition_kinds import EMPTY, FULL, JOBS, NOW, THING, Core, Job, JobsState, Kernel, ThingState

from pulumi_nbcloud.condition import Evaluation, compile_condition
from pulumi_nbcloud.condition.vocabulary import FUNCTIONS, LIST_MACROS, METHODS


def evaluate(text: str, state: ThingState | JobsState | None = FULL, now: datetime = NOW) -> Evaluation:
    kind = JOBS if isinstance(state, JobsState) else THING
    return compile_condition(text, {"self": kind}).evaluate({"self": state}, now)


def undecided(*reasons: str) -> Evaluation:
    return Evaluation("undecided", ", ".join(reasons))


# Each holds of FULL. With nulls each is undecided and names what is null.
TRUE = [
    # operators
    "self.i == 5",
    "self.i == 5.0",
    "5.0 == self.i",
    "self.d == 2.5",
    "self.d != 2",
    "self.i != 4",
    'self.s == "abc"',
    'self.s != "x"',
    "self.b == true",
    "self.b != false",
    "self.t == timestamp('2026-01-31T14:00:00.5+01:00')",
    "self.i < 6",
    "self.i < 5.5",
    "self.i <= 5",
    "self.i > 4.9",
    "self.i >= 5",
    "self.d > 2",
    "self.d >= self.d",
    "self.s < 'abd'",
    "self.s >= 'abc'",
    "false < self.b",
    "self.t > now",
    "self.t - now > duration('1h')",
    "self.t - now <= duration('1h0.25s')",
    "self.t - duration('2h') < now",
    "self.t + duration('1s') > now",
    "duration('1s') + self.t > now",
    "(self.t - now) + duration('1h') > duration('2h')",
    "(self.t - now) - duration('1h') == duration('250ms')",
    "self.i + 1 == 6",
    "self.i - 7 == -2",
    "self.i * 2 == 10",
    "self.i / 2 == 2",
    "-self.i / 2 == -2",
    "self.i % 3 == 2",
    "self.d + 0.5 == 3",
    "self.d - 0.5 == 2",
    "self.d * 2.0 == 5",
    "self.d / 2.0 == 1.25",
    "-self.i == -5",
    "-self.d == -2.5",
    "!!self.b",
    "!(self.b == false)",
    "self.s + 'd' == 'abcd'",
    "(self.s + 'd').contains('cd')",
    "self.numbers + [4] == [1, 2, 3, 4]",
    "self.numbers == [1, 2, 3]",
    "self.numbers == [1.0, 2.0, 3.0]",
    "self.numbers != [1, 2]",
    "self.i in [4, 5]",
    "self.i in [4.5, 5.0]",
    "2.0 in self.numbers",
    "!(9 in self.numbers)",
    "self.s in ['abc']",
    "'a' in self.names",
    "self.status in ['RUNNING', 'FINISHED']",
    "self.numbers[0] == 1",
    "self.names[self.numbers[0]] == 'b'",
    "self.b ? true : false",
    "(self.b ? self.i : 0) == 5",
    "self.b && true",
    "self.b || false",
    "self.kernel.id == 'k'",
    "self.kernel.core.n == 1",
    # functions
    "size(self.s) == 3",
    "size(self.names) == 2",
    "matches(self.s, '^a.c$')",
    "bool(self.b)",
    "bool(string(self.b))",
    "int(self.d) == 2",
    "int(self.i) == 5",
    "int(string(self.i)) == 5",
    "int(self.t) == 1769864400",
    "double(self.i) == 5.0",
    "double(self.d) == 2.5",
    "double(string(self.d)) == 2.5",
    "string(self.i) == '5'",
    "string(self.d) == '2.5'",
    "string(self.b) == 'true'",
    "string(self.s) == 'abc'",
    "string(self.t) == '2026-01-31T13:00:00.5Z'",
    "string(self.t - now) == '3600.25s'",
    "string(now - self.t) == '-3600.25s'",
    "string(double(self.i)) == '5'",
    "timestamp(string(self.t)) == self.t",
    "timestamp(self.t) == self.t",
    "timestamp(self.start_at / 1000) < self.t",
    "duration(string(self.t - now)) == self.t - now",
    "duration(self.t - now) > duration('1m')",
    # methods
    "self.s.size() == 3",
    "self.names.size() == 2",
    "self.s.contains('b')",
    "self.s.startsWith('ab')",
    "self.s.endsWith('bc')",
    "self.s.matches('b')",
    "self.t.getDate() == 31",
    "self.t.getDayOfMonth() == 30",
    "self.t.getDayOfWeek() == 6",
    "self.t.getDayOfYear() == 30",
    "self.t.getFullYear() == 2026",
    "self.t.getMonth() == 0",
    "self.t.getHours() == 13",
    "self.t.getHours('Europe/Berlin') == 14",
    "self.t.getHours('+02:00') == 15",
    "self.t.getMinutes() == 0",
    "self.t.getSeconds() == 0",
    "self.t.getMilliseconds() == 500",
    "(self.t - now).getHours() == 1",
    "(self.t - now).getMinutes() == 60",
    "(self.t - now).getSeconds() == 3600",
    "(self.t - now).getMilliseconds() == 3600250",
    # macros
    "self.numbers.all(x, x > 0)",
    "self.numbers.exists(x, x == 3)",
    "self.numbers.exists_one(x, x == 3)",
    "self.numbers.filter(x, x > 1) == [2, 3]",
    "self.numbers.map(x, x * 2) == [2, 4, 6]",
    "self.numbers.filter(x, x > 1).map(x, x + 1) == [3, 4]",
    "self.names.all(x, x in self.names)",
]


@pytest.mark.parametrize("text", TRUE)
def test_holds_of_values(text: str) -> None:
    assert evaluate(text) == Evaluation("true")


@pytest.mark.parametrize("text", TRUE)
def test_null_is_undecided_and_named(text: str) -> None:
    result = evaluate(text, EMPTY)
    assert result.outcome == "undecided"
    fields = compile_condition(text, {"self": THING}).fields
    roots = {".".join(path.split(".")[:2]) for path in fields}
    assert result.reason in {f"{path} is null" for path in roots} or ", " in (result.reason or "")


@pytest.mark.parametrize("text", TRUE)
def test_negation_never_turns_absence_into_a_truth(text: str) -> None:
    assert evaluate(f"!({text})").outcome == "false"
    assert evaluate(f"!({text})", EMPTY).outcome == "undecided"


def test_the_table_has_every_function_method_and_macro() -> None:
    table = " ".join(TRUE)
    for name in FUNCTIONS:
        assert f"{name}(self" in table or f"{name}(string(" in table, name
    for name in (*METHODS, *LIST_MACROS):
        assert f".{name}(" in table, name
    for sign in ("==", "!=", "<", "<=", ">", ">=", " in ", "+", "-", "*", "/", "%", "!", "&&", "||", "?", "["):
        assert sign in table, sign


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.kernel.id == 'k'", undecided("self.kernel is null")),
        ("self.kernel.core.n == 1", undecided("self.kernel is null")),
        ("has(self.kernel)", Evaluation("false")),
        ("has(self.kernel.id)", Evaluation("false")),
        ("!has(self.kernel.core.n)", Evaluation("true")),
        ("has(self.i)", Evaluation("false")),
        ("has(self.i) && self.i > 3", Evaluation("false")),
        ("!has(self.i) || self.i > 3", Evaluation("true")),
        ("has(self.i) ? self.i > 3 : true", Evaluation("true")),
        ("self.b ? true : true", undecided("self.b is null")),
        ("true ? self.b : true", undecided("self.b is null")),
        ("false ? self.b : true", Evaluation("true")),
        ("self.i == self.d", undecided("self.i is null", "self.d is null")),
        ("self.i in [self.d]", undecided("self.i is null", "self.d is null")),
        ("[1, self.i] == [1, 2]", undecided("self.i is null")),
        ("size([self.i]) == 1", undecided("self.i is null")),
        ("self.i + 1 == 2 || self.d > 1.0", undecided("self.i is null", "self.d is null")),
        (
            "self.i > 1 || self.d > 1.0 || self.b || self.s == 'x'",
            undecided("self.i is null", "self.d is null", "self.b is null and more"),
        ),
    ],
)
def test_absence(text: str, expected: Evaluation) -> None:
    assert evaluate(text, EMPTY) == expected


def test_an_absent_field_of_an_object_that_is_there() -> None:
    state = dataclasses.replace(FULL, kernel=Kernel(id="k", core=Core()))
    assert evaluate("self.kernel.state == 'RUNNING'", state) == undecided("self.kernel.state is null")
    assert evaluate("has(self.kernel.state)", state) == Evaluation("false")
    assert evaluate("has(self.kernel.core)", state) == Evaluation("true")
    assert evaluate("has(self.kernel.core.n)", state) == Evaluation("false")


@pytest.mark.parametrize("true", ["true", "self.b"])
@pytest.mark.parametrize("false", ["false", "!self.b"])
@pytest.mark.parametrize("absent", ["self.i > 1", "self.kernel.id == 'x'"])
def test_or_and_and_absorb_absence_on_both_sides(true: str, false: str, absent: str) -> None:
    state = ThingState(b=True)
    for text in (f"{true} || {absent}", f"{absent} || {true}", f"{absent} || {false} || {true}"):
        assert evaluate(text, state) == Evaluation("true"), text
    for text in (f"{false} && {absent}", f"{absent} && {false}", f"{absent} && {true} && {false}"):
        assert evaluate(text, state) == Evaluation("false"), text
    for text in (f"{true} && {absent}", f"{absent} && {true}", f"{false} || {absent}", f"{absent} || {false}"):
        assert evaluate(text, state).outcome == "undecided", text


ERROR = "1 / (self.i - 5) == 1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ERROR, "division by zero"),
        ("1 % (self.i - 5) == 1", "division by zero"),
        ("1.0 / (self.d - 2.5) > 9.0", "division by zero"),
        ("(self.d - 2.5) / (self.d - 2.5) != 1.0", "division by zero"),
        ("self.i + 9223372036854775807 > 0", "the result is out of range"),
        ("self.i * 9223372036854775807 > 0", "the result is out of range"),
        ("-(self.i - 9223372036854775807 - 6) > 0", "the result is out of range"),
        ("int(self.d * 1e308 * 1e308) > 0", "the result is out of range"),
        ("self.t + duration('200000d') + duration('3000000d') > now", "the result is out of range"),
        ("timestamp(self.i + 9223372036854775800) > now", "the result is out of range"),
        ("self.numbers[3] == 1", "index 3 is out of range: the list has 3 rows"),
        ("self.numbers[self.i - 6] == 3", "index -1 is out of range: the list has 3 rows"),
        ("int(self.s) == 1", "'abc' is no int"),
        ("double(self.s) == 1.0", "'abc' is no double"),
        ("bool(self.s)", "'abc' is no bool"),
        ("bool('1' + '7')", "'17' is no bool"),
        ("timestamp(self.s) == now", "'abc' is no time in RFC 3339, as 2026-01-31T12:00:00Z is"),
        ("duration(self.s) > duration('1s')", "'abc' is no duration, as 1h30m is"),
        ("self.s.matches('(' + self.s)", "'(abc' is no regular expression: missing ): (abc"),
        ("self.t.getHours(self.s) == 1", "Unparsable timezone: 'abc'"),
        ("self.i - 5 > duration('1s')", "cannot compare these types"),
    ],
)
def test_errors_are_named(text: str, reason: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert evaluate(text) == Evaluation("error", reason)
    # re2 would write a bad pattern to stderr.
    assert capfd.readouterr().err == ""


def test_or_and_and_absorb_errors() -> None:
    assert evaluate(f"self.b || {ERROR}") == evaluate(f"{ERROR} || self.b") == Evaluation("true")
    assert evaluate(f"!self.b && {ERROR}") == evaluate(f"{ERROR} && !self.b") == Evaluation("false")
    assert evaluate(f"self.b && {ERROR}") == evaluate(f"{ERROR} || !self.b") == Evaluation("error", "division by zero")
    assert evaluate(f"self.b ? true : {ERROR}") == Evaluation("true")
    assert evaluate(f"{ERROR} ? true : true") == Evaluation("error", "division by zero")
    assert evaluate(f"!({ERROR})") == Evaluation("error", "division by zero")
    assert evaluate("[1 / (self.i - 5)].all(x, false) || self.b") == Evaluation("true")
    assert evaluate("self.numbers.map(x, 1 / (x - 1)) == [1] || self.b") == Evaluation("true")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        # What is absent may still turn out to absorb the error.
        (f"{ERROR} && self.d > 1.0", "undecided"),
        (f"self.d > 1.0 && {ERROR}", "undecided"),
        (f"{ERROR} || self.d > 1.0", "undecided"),
        (f"self.d > 1.0 || {ERROR}", "undecided"),
        ("[0, 1].all(x, x == 0 ? self.d > 1.0 : 1 / (self.i - 5) > 0)", "undecided"),
        ("[0, 1].exists(x, x == 0 ? self.d > 1.0 : 1 / (self.i - 5) > 0)", "undecided"),
        # Here the error comes whatever it turns out to be.
        ("self.start_at + 1 / (self.i - 5) == 1", "error"),
        ("1 / (self.i - 5) + self.start_at == 1", "error"),
        ("self.start_at == 1 / (self.i - 5)", "error"),
        ("[self.start_at, 1 / (self.i - 5)] == [1, 1]", "error"),
        ("1 in [self.start_at, 1 / (self.i - 5)]", "error"),
        ("[0, 1].map(x, x == 0 ? self.start_at : 1 / (self.i - 5)) == [1]", "error"),
        ("[0, 1].filter(x, x == 0 ? self.d > 1.0 : 1 / (self.i - 5) > 0) == [1]", "error"),
        ("[0, 1].exists_one(x, x == 0 ? self.d > 1.0 : 1 / (self.i - 5) > 0)", "error"),
        ("self.s.contains(string(1 / (self.i - 5)))", "error"),
        # The condition of ?: comes first, its branches are not polled.
        (f"self.b ? {ERROR} : {ERROR}", "undecided"),
    ],
)
def test_an_error_meets_absence(text: str, outcome: str) -> None:
    assert evaluate(text, ThingState(i=5)).outcome == outcome


def jobs(*statuses: str | None, truncated: bool = False) -> JobsState:
    rows = [Job(name=f"j{index}", status=status, code=index) for index, status in enumerate(statuses)]
    return JobsState(jobs=rows, total=len(rows), truncated=truncated)


ROW = "j.status == 'FAILED'"


@pytest.mark.parametrize(
    ("macro", "statuses", "expected"),
    [
        ("all", (), "true"),
        ("all", ("FAILED", "FAILED"), "true"),
        ("all", ("FAILED", None), "undecided"),
        ("all", (None, "RUNNING"), "false"),
        ("all", ("RUNNING", None), "false"),
        ("all", (None, None), "undecided"),
        ("exists", (), "false"),
        ("exists", ("RUNNING",), "false"),
        ("exists", ("RUNNING", None), "undecided"),
        ("exists", (None, "FAILED"), "true"),
        ("exists", ("FAILED", None), "true"),
        ("exists", (None, None), "undecided"),
        ("exists_one", (), "false"),
        ("exists_one", ("FAILED",), "true"),
        ("exists_one", ("FAILED", "FAILED"), "false"),
        ("exists_one", ("FAILED", None), "undecided"),
        ("exists_one", ("FAILED", "FAILED", None), "undecided"),
    ],
)
def test_macros_over_absent_elements(macro: str, statuses: tuple[str | None, ...], expected: str) -> None:
    assert evaluate(f"self.jobs.{macro}(j, {ROW})", jobs(*statuses)).outcome == expected


def test_filter_and_map_over_absent_elements() -> None:
    for text in (f"size(self.jobs.filter(j, {ROW})) >= 0", "size(self.jobs.map(j, j.status)) > 0"):
        assert evaluate(text, jobs("FAILED")) == Evaluation("true")
        assert evaluate(text, jobs("FAILED", None)) == undecided("self.jobs[1].status is null")
    assert evaluate(f"self.jobs.filter(j, {ROW}).all(j, j.code == 1)", jobs("RUNNING", "FAILED")).outcome == "true"
    assert evaluate(f"size(self.jobs.filter(j, {ROW})) == 0", jobs()) == Evaluation("true")


def test_has_in_a_macro_skips_the_absent() -> None:
    text = f"self.jobs.filter(j, has(j.status)).all(j, {ROW})"
    assert evaluate(text, jobs("FAILED", None)) == Evaluation("true")


def test_null_elements_of_a_list() -> None:
    state = ThingState(names=["a", None])
    assert evaluate("'a' in self.names", state) == Evaluation("true")
    assert evaluate("'b' in self.names", state) == undecided("self.names[1] is null")
    assert evaluate("self.names == ['b', 'c']", state) == Evaluation("false")
    assert evaluate("self.names != ['a', 'c']", state) == undecided("self.names[1] is null")
    assert evaluate("self.names != ['a']", state) == Evaluation("true")
    assert evaluate("self.names.all(x, x == 'a')", state) == undecided("self.names[1] is null")
    assert evaluate("self.names[1] == 'a'", state) == undecided("self.names[1] is null")
    assert evaluate("size(self.names) == 2", state) == Evaluation("true")


def test_empty_is_not_absent() -> None:
    state = ThingState(s="", names=[], numbers=(), i=0, d=0.0, b=False)
    holds = ["self.s == ''", "size(self.s) == 0", "has(self.s)", "has(self.names)", "self.names == []", "!self.b"]
    holds += ["self.names.all(x, x == 'z')", "!self.numbers.exists(x, true)", "!(1 in self.numbers)", "self.i == 0"]
    holds += ["self.s.contains('')", "self.s.matches('^$')", "[] == self.numbers", "size([]) == 0", "[].all(x, x.y)"]
    for text in holds:
        assert evaluate(text, state) == Evaluation("true"), text


def test_a_list_over_the_limit_is_an_error_where_it_is_read() -> None:
    state = jobs(*["FAILED"] * 1001)
    reason = "self.jobs has 1001 rows, a condition takes 1000: filter in the arguments"
    assert evaluate(f"self.jobs.exists(j, {ROW})", state) == Evaluation("error", reason)
    assert evaluate("size(self.jobs) > 0", state) == Evaluation("error", reason)
    assert evaluate("self.jobs[0].status == 'FAILED'", state) == Evaluation("error", reason)
    assert evaluate("self.total == 1001", state) == Evaluation("true")
    assert evaluate("self.total == 1001 || size(self.jobs) > 0", state) == Evaluation("true")
    assert evaluate(f"self.jobs.all(j, {ROW})", jobs(*["FAILED"] * 1000)) == Evaluation("true")


def test_a_truncated_list_is_undecided_unless_the_condition_asks() -> None:
    state = jobs("FAILED", truncated=True)
    reason = "self is truncated: narrow the arguments, or read `truncated`"
    for text in (
        f"self.jobs.exists(j, {ROW})",
        f"!self.jobs.exists(j, {ROW})",
        "size(self.jobs) > 0",
        "self.total > 0",
    ):
        assert evaluate(text, state) == Evaluation("undecided", reason), text
    assert evaluate(f"self.truncated && self.jobs.exists(j, {ROW})", state) == Evaluation("true")
    assert evaluate("true", state) == Evaluation("true")
    assert evaluate("self.jobs[7].code == 1", state).outcome == "error"


def test_a_target_that_does_not_exist_is_undecided() -> None:
    kinds = {"job": JOBS, "thing": THING}
    condition = compile_condition("job.total > 1 && thing.b", kinds)
    expected = undecided("job does not exist yet")
    assert condition.evaluate({"job": None, "thing": ThingState(b=True)}, NOW) == expected
    assert condition.evaluate({"thing": ThingState(b=True)}, NOW) == expected
    assert condition.evaluate({"job": None, "thing": ThingState(b=False)}, NOW) == Evaluation("false")
    assert evaluate("has(self.b)", None) == undecided("test:Thing does not exist yet")
    assert evaluate("!has(self.kernel.id)", None) == undecided("test:Thing does not exist yet")
    assert evaluate("now > timestamp('2020-01-01T00:00:00Z')", None) == Evaluation("true")


@pytest.mark.parametrize(
    ("field", "value", "text", "reason"),
    [
        ("t", "yesterday", "self.t > now", "self.t is not a timestamp"),
        ("t", "2026-02-30T00:00:00Z", "self.t > now", "self.t is not a timestamp"),
        ("t", 5, "self.t > now", "self.t is not a timestamp"),
        ("s", 5, "self.s == 'x'", "self.s is not a string"),
        ("i", "5", "self.i == 5", "self.i is not an int"),
        ("i", True, "self.i == 1", "self.i is not an int"),
        ("i", 2**63, "self.i > 1", "self.i is not an int"),
        ("i", 1.5, "self.i > 1", "self.i is not an int"),
        ("d", "x", "self.d > 1.0", "self.d is not a double"),
        ("d", 10**400, "self.d > 1.0", "self.d is not a double"),
        ("b", 1, "self.b", "self.b is not a bool"),
        ("b", "true", "self.b", "self.b is not a bool"),
        ("names", "abc", "self.names == []", "self.names is not a list"),
    ],
)
def test_a_value_that_is_not_what_its_kind_says_is_an_error(field: str, value: object, text: str, reason: str) -> None:
    changed: dict[str, Any] = {field: value}
    assert evaluate(text, dataclasses.replace(FULL, **changed)) == Evaluation("error", reason)


def test_a_state_of_another_kind_is_an_error_not_an_exception() -> None:
    condition = compile_condition("self.kernel.id == 'x'", {"self": THING})
    wrong: Any = ThingState(kernel=7)  # type: ignore[arg-type]
    assert condition.evaluate({"self": wrong}, NOW).outcome == "undecided"
    broken: Any = "never"
    assert condition.evaluate({"self": FULL}, broken) == Evaluation("error", "cannot be evaluated (ParserError)")


def test_an_unknown_enum_value_is_seen_as_it_came() -> None:
    assert evaluate("self.status == 'RUNNING'", ThingState(status="HIBERNATING")) == Evaluation("false")
    assert evaluate("self.status.startsWith('HIB')", ThingState(status="HIBERNATING")) == Evaluation("true")


def test_times_near_the_edges() -> None:
    text = "self.t - now > duration('30m')"
    for late, expected in ((timedelta(minutes=30), "false"), (timedelta(minutes=30, milliseconds=1), "true")):
        moment = (NOW + late).isoformat(timespec="milliseconds")
        assert evaluate(text, ThingState(t=moment)).outcome == expected
    assert evaluate("self.t == now", ThingState(t="2026-01-31T12:00:00.250999999Z"), NOW).outcome == "false"
    assert evaluate("self.t == now", ThingState(t="2026-01-31t13:00:00.25+01:00"), NOW).outcome == "true"
    assert (
        evaluate("self.t == now", ThingState(t="2026-01-31T12:00:00.25Z"), NOW.replace(tzinfo=None)).outcome == "true"
    )
    plus_one = timezone(timedelta(hours=1))
    assert evaluate("now.getHours() == 12", FULL, NOW.astimezone(plus_one)).outcome == "true"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h30m", 5400),
        ("-1.5s", -1.5),
        ("+2m", 120),
        ("2d", 172800),
        ("10ms", 0.01),
        ("7us", 7e-6),
        ("7µs", 7e-6),
        (".5s", 0.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    micro = round(seconds * 1e6)
    assert evaluate(f"self.t + duration('{text}') == self.t + duration('{micro}us')") == Evaluation("true")


@pytest.mark.parametrize("text", ["", "1", "s", "1x", "1h 30m", "1h-30m", "٣s", "a" * 60 + "!", "400000000d"])
def test_no_durations(text: str) -> None:
    assert evaluate("duration(self.s) > duration('1s')", ThingState(s=text)).outcome == "error"


@pytest.mark.parametrize(
    "text", ["", "now", "12:30", "2026-01-31", "2026-W05", "2026-01-31T12:00:00", "P1D", "20260131T120000Z"]
)
def test_no_times(text: str) -> None:
    assert evaluate("timestamp(self.s) > now", ThingState(s=text)).outcome == "error"


def test_long_conditions_are_evaluated_without_recursion() -> None:
    text = " || ".join(["self.i == 1"] * 130) + " || self.i == 5"
    assert evaluate(text) == Evaluation("true")
    deep = "(" * 31 + "self.b" + ")" * 31
    assert evaluate(deep) == Evaluation("true")
    assert evaluate("!" * 30 + "self.b") == Evaluation("true")


def test_named_labels_are_used_in_reasons() -> None:
    condition = compile_condition("self.i > 1", {"self": THING})
    assert condition.evaluate({"self": EMPTY}, NOW, labels={"self": "job"}) == undecided("job.i is null")
    assert condition.evaluate({"self": None}, NOW, labels={"self": "job"}) == undecided("job does not exist yet")
