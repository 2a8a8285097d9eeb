"""Every message of the check, once: what a newcomer learns from a preview."""

from __future__ import annotations

import pytest
from condition_kinds import FULL, JOBS, NOW, THING, texts

from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.condition import Condition, ConditionError, compile_condition
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.registry import KINDS, load


def compiled(text: str) -> Condition:
    return compile_condition(text, {"self": THING})


def refused(text: str) -> ConditionError:
    with pytest.raises(ConditionError) as caught:
        compiled(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('self.statu == "x"', "self.statu is not a field of test:Thing; did you mean self.status?"),
        ('self.kernel.idd == "x"', "self.kernel.idd is not a field of test:Thing.kernel; did you mean self.kernel.id?"),
        ("self.zzz == 1", "self.zzz is not a field of test:Thing"),
        ("self.s.x == 1", "self.s is a string and has no fields"),
        ("self.names.x == 1", "self.names is a list and has no fields; write self.names.all(x, x.x ...) or exists"),
        ("self.names.size == 1", "self.names.size is a function; write self.names.size()"),
        ("self.names.all == 1", "self.names.all is a function; write self.names.all()"),
        ("self.labels == 1", "self.labels is of a type that conditions cannot read"),
        ("slf.b", "slf is not a variable; did you mean self?"),
        ("b", "b is not a variable; did you mean self.b?"),
        ("zzz", "zzz is not a variable; known are self, now"),
        ("FINISHED == self.status", 'FINISHED is not a variable; write "FINISHED" in quotes'),
        ("self.status == finished", 'finished is not a variable; write "FINISHED" in quotes'),
        ("self.status == STOPPED", 'STOPPED is not a variable; write "STOPPED" in quotes'),
        ("size == 1", "size is not a variable; it is a function of CEL"),
        ("self.status", 'self.status is a string, not a bool; compare it, as in self.status == "CREATING"'),
        ("self.kernel", "self.kernel is an object, not a bool"),
        ("self.names", "self.names is a list, not a bool; compare it, as in self.names == ..."),
        ("now", "now is a timestamp, not a bool"),
        ("self.b ? self.s : self.s", "self.b ? self.s : self.s is a string, not a bool"),
        ("self.b ? self.b : self.s", "self.b ? self.b : self.s gives a bool or a string; both must be of one type"),
        ("self.s ? true : false", "self.s is a string, not a bool"),
        ("self.s && self.b", "self.s is a string, not a bool"),
        ("self.i || true", "self.i is an int, not a bool"),
        ("!self.s", "self.s is a string, not a bool"),
        ('-self.s == "x"', "-self.s cannot work: - does not take a string"),
        ('self.s + 1 == "x"', "self.s + 1 cannot work: + does not take a string and an int"),
        (
            "self.i + self.d > 1.0",
            "self.i + self.d cannot work: + does not take an int and a double; convert one with double() or int()",
        ),
        (
            "self.d * 2 == 5.0",
            "self.d * 2 cannot work: * does not take a double and an int; convert one with double() or int()",
        ),
        ("self.t + self.t > now", "self.t + self.t cannot work: + does not take a timestamp and a timestamp"),
        (
            "self.i % 2.0 == 1",
            "self.i % 2.0 cannot work: % does not take an int and a double; convert one with double() or int()",
        ),
        ("self.i / 0 == 1", "self.i / 0 cannot work: it divides by zero"),
        ("self.s < 5", "self.s < 5 cannot work: < does not take a string and an int"),
        ('self.b == "true"', 'self.b == "true" cannot work: == does not take a bool and a string'),
        (
            "self.kernel == self.kernel",
            "self.kernel == self.kernel cannot work: == does not take an object and an object",
        ),
        ("self.names < self.names", "self.names < self.names cannot work: < does not take a list and a list"),
        (
            "self.start_at > now",
            "self.start_at > now cannot work: > does not take an int and a timestamp; did you mean self.start_time?",
        ),
        (
            "self.i > now",
            "self.i > now cannot work: > does not take an int and a timestamp; write timestamp(), which takes seconds since 1970",  # noqa: E501
        ),
        (
            'self.t > "2026-01-01T00:00:00Z"',
            'self.t > "2026-01-01T00:00:00Z" cannot work: > does not take a timestamp and a string; write timestamp("2026-01-31T12:00:00Z")',  # noqa: E501
        ),
        ('"a" in self.s', '"a" in self.s cannot work: in does not take a string and a string; write contains()'),
        ("1 in self.names", "1 in self.names cannot work: in does not take an int and a list"),
        ("self.status == null", "self.status == null cannot be asked, null fields are absent; write !has(self.status)"),
        ("self.status != null", "self.status != null cannot be asked, null fields are absent; write has(self.status)"),
        ("null == 1", "1 == null cannot be asked, null fields are absent; ask for a field with has()"),
        ("[null] == [1]", "null: null has no use in a condition; ask with has()"),
        ("self.s.startsWith(null)", "null: null has no use in a condition; ask with has()"),
        ('self.names["a"] == "x"', 'self.names["a"] cannot work: [] takes a list and an int, not a list and a string'),
        ('self.s[0] == "x"', "self.s[0] cannot work: [] takes a list and an int, not a string and an int"),
        ("self.numbers[-1] == 1", "self.numbers[-1] cannot work: an index counts from 0"),
        ("1u == 1u", "1u: an unsigned number has no use in a condition"),
        ('b"a" == b"a"', 'b"a": a bytes value has no use in a condition'),
        ("Foo{a: 1} == 1", "Foo{a: 1} makes a message, which has no use in a condition"),
        ("Foo{} == 1", "Foo{} makes a message, which has no use in a condition"),
        ('{"a": 1} == 1', '{"a": 1}: a map has no use in a condition'),
        (".self.b", ".self: a leading dot has no use in a condition"),
        ("dyn(self.b)", "dyn() has no use in a condition"),
        ("type(self.b) == 1", "type() has no use in a condition"),
        ("self.numbers.min() == 1", "min() has no use in a condition"),
        ("self.numbers.reduce(a, b, 0, a + b) == 1", "reduce() has no use in a condition"),
        ("len(self.names) == 1", "len() is not a function; did you mean size()?"),
        ("sizee(self.names) == 1", "sizee() is not a function; did you mean size()?"),
        (
            "foo(1)",
            "foo() is not a function; known are size, matches, bool, int, double, string, timestamp, duration, has",
        ),
        ('self.s.startswith("a")', "self.s.startswith() is not a function; did you mean startsWith()?"),
        (
            'self.s.lower() == "a"',
            "self.s.lower() is not a function; known are size, contains, startsWith, endsWith, matches",
        ),
        ("self.numbers.any(x, x > 1)", "self.numbers.any() is not a function; did you mean exists()?"),
        ('contains(self.s, "a")', "contains() is called on a value: x.contains()"),
        ("all(self.numbers, x, true)", "all() is called on a list: x.all(y, ...)"),
        ('self.i.string() == "5"', "self.i.string() is not a function; write string(...)"),
        ("self.b()", "self.b() is not a function; b is a field, leave out the brackets"),
        ("now() > self.t", "now() is not a function; now is a variable, leave out the brackets"),
        ("size(1) == 1", "size(1) cannot work: there is size(string) and size(list), but no size(int)"),
        ("size() == 1", "size() cannot work: there is size(string) and size(list), but no size()"),
        (
            "self.s.contains(1)",
            "self.s.contains(1) cannot work: there is string.contains(string), but no string.contains(int)",
        ),
        (
            "self.i.getHours() == 1",
            "self.i.getHours() cannot work: there is timestamp.getHours() and timestamp.getHours(string) and duration.getHours(), but no int.getHours()",  # noqa: E501
        ),
        (
            '(self.t - now).getHours("UTC") == 1',
            '(self.t - now).getHours("UTC") cannot work: there is timestamp.getHours() and timestamp.getHours(string) and duration.getHours(), but no duration.getHours(string)',  # noqa: E501
        ),
        ("has(self)", "has(self): has() asks for one field, as in has(x.y)"),
        ("has(self.b, self.s)", "has(self.b, self.s): has() asks for one field, as in has(x.y)"),
        ('has("a")', 'has("a"): has() asks for one field, as in has(x.y)'),
        ("has(self.names[0])", "has(self.names[0]): has() asks for one field, as in has(x.y)"),
        ("self.s.all(x, true)", "self.s.all(x, true) cannot work: all() is called on a list, not on a string"),
        ("self.names.all(x)", "self.names.all(x) cannot work: all() takes a name and an expression: all(x, ...)"),
        (
            'self.names.all("x", true)',
            'self.names.all("x", true) cannot work: all() takes a name and an expression: all(x, ...)',
        ),
        (
            "self.names.all(self, true)",
            "self.names.all(self, true) cannot work: self is the name of a target; choose another name for the row",
        ),
        (
            "self.names.all(now, true)",
            "self.names.all(now, true) cannot work: now is the time of the evaluation; choose another name for the row",
        ),
        (
            "self.names.all(size, true)",
            "self.names.all(size, true) cannot work: size is a function of CEL; choose another name for the row",
        ),
        ("self.names.all(x, x)", "x is a string, not a bool"),
        (
            "self.names.filter(x, self.names.all(y, y == x)) == []",
            "self.names.all(y, y == x) cannot work: a macro inside a macro is not taken",
        ),
        (
            "self.names.map(x, x, x) == []",
            "self.names.map(x, x, x) cannot work: map() takes a name and an expression: map(x, ...)",
        ),
        (
            'duration("30 minutes") > duration("1s")',
            "duration(\"30 minutes\") cannot work: '30 minutes' is no duration, as 1h30m is",
        ),
        (
            'timestamp("tomorrow") > now',
            "timestamp(\"tomorrow\") cannot work: 'tomorrow' is no time in RFC 3339, as 2026-01-31T12:00:00Z is",
        ),
        ('int("x") == 1', "int(\"x\") cannot work: 'x' is no int"),
        ('bool("yes")', "bool(\"yes\") cannot work: 'yes' is no bool"),
        ('self.s.matches("(")', "self.s.matches(\"(\") cannot work: '(' is no regular expression: missing ): ("),
        ('now.getHours("Nowhere") == 1', "now.getHours(\"Nowhere\") cannot work: Unparsable timezone: 'Nowhere'"),
        ('[1, "a"] == [1]', '[1, "a"] holds an int and a string; rows are of one type'),
        ("99999999999999999999 == 1", "99999999999999999999 is larger than an int can be"),
        ("self.names.all(x, x.y == 1)", "x is a string and has no fields"),
        ("self.b == ", "syntax error: the expression ends too early; is a bracket or an operand missing?"),
        ("self.b = true", "syntax error at column 8: unexpected '='; write == to compare"),
        ("self.b and self.b", "syntax error at column 8: unexpected 'and'; write && for and"),
        ("self.b or self.b", "syntax error at column 8: unexpected 'or'; write || for or"),
        ("not self.b", "syntax error at column 5: unexpected 'self'; write ! for not"),
        ("self.b is true", "syntax error at column 8: unexpected 'is'; write == to compare"),
        ("self.b & true", "syntax error at column 8: unexpected '&'; write && for and"),
        ("self.b | true", "syntax error at column 8: unexpected '|'; write || for or"),
        ('self.s == "abc', "syntax error at column 11: unexpected '\"'; is the quote closed?"),
        ("self.true", "syntax error at column 6: unexpected 'true'; it is a word of CEL"),
        ("", "is empty; leave it out for the default"),
        ("self.b # x", "syntax error at column 8: unexpected '#'"),
    ],
)
def test_one_problem(text: str, problem: str) -> None:
    assert texts(refused(text)) == (f"until: {problem}",)


def test_every_problem_at_once_and_each_once() -> None:
    error = refused('self.statu == "x" && slf.b || self.statu == "y" || self.names.all(x, x) && self.i')
    assert texts(error) == (
        "until: self.statu is not a field of test:Thing; did you mean self.status?",
        "until: slf is not a variable; did you mean self?",
        "until: x is a string, not a bool",
        "until: self.i is an int, not a bool",
    )
    fields = "s, i, d, b, t, start_at, start_time, status, kernel, names, numbers, labels"
    assert str(error).split("\n") == [*texts(error), f"hint: fields of test:Thing are {fields}"]
    assert isinstance(error, InputError)


def test_the_hint_without_an_unknown_field() -> None:
    assert str(refused("self.s")).endswith("\nhint: correct the condition, a CEL expression; nothing was sent")


def test_the_name_of_the_argument_leads() -> None:
    with pytest.raises(ConditionError, match=r"^fail_on: self\.s is a string"):
        compile_condition("self.s", {"self": THING}, name="fail_on")


def test_a_problem_is_not_reported_again_further_up() -> None:
    error = refused("(self.zzz + 1).contains(self.yyy) == self.names[self.xxx].zzz || -self.vvv > 1")
    assert texts(error) == (
        "until: self.zzz is not a field of test:Thing",
        "until: self.yyy is not a field of test:Thing",
        "until: self.xxx is not a field of test:Thing",
        "until: self.names[self.xxx] is a string and has no fields",
        "until: self.vvv is not a field of test:Thing",
    )


def test_rows_of_a_list_are_known() -> None:
    with pytest.raises(ConditionError) as caught:
        compile_condition(
            'self.jobs.filter(j, j.statu == "x").all(k, k.kernel.idd == "k") && self.jobs[0].nam == "x"', {"self": JOBS}
        )
    assert texts(caught.value) == (
        "until: j.statu is not a field of test:Jobs.jobs; did you mean j.status?",
        "until: k.kernel.idd is not a field of test:Jobs.jobs.kernel; did you mean k.kernel.id?",
        "until: self.jobs[0].nam is not a field of test:Jobs.jobs; did you mean self.jobs[0].name?",
    )
    with pytest.raises(ConditionError, match=r"write self\.jobs\.all"):
        compile_condition('self.jobs.status == "x"', {"self": JOBS})


@pytest.mark.parametrize("text", ["(" * 5000 + "true" + ")" * 5000, "x" * 2049, "'" + "é" * 1024 + "'"])
def test_long_text_is_refused(text: str) -> None:
    size = len(text.encode())
    assert texts(refused(text)) == (f"until: has {size} bytes; a condition has 2048 at most",)


def test_text_of_the_longest_length_is_taken() -> None:
    text = 'self.s == "' + "é" * 1018 + '"'
    assert len(text.encode()) == 2048
    assert compiled(text).evaluate({"self": FULL}, NOW).outcome == "false"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1000 + "true" + ")" * 1000,
        "(" * 33 + "true" + ")" * 33,
        "!" * 1500 + "true",
        "1" + "+1" * 40 + " == 1",
        "self" + ".kernel" * 200,
        "[" * 500 + "]" * 500 + " == []",
        "true ? true : " * 100 + "true",
        "bool(" * 300 + "true" + ")" * 300,
    ],
)
def test_deep_text_is_refused(text: str) -> None:
    assert texts(refused(text)) == ("until: is nested deeper than 32 levels",)


def test_depth_32_and_long_chains_are_taken() -> None:
    for text in ("(" * 32 + "true" + ")" * 32, "||".join(["true"] * 300), "&&".join(["self.b"] * 250)):
        assert compiled(text).evaluate({"self": FULL}, NOW).outcome == "true"


def test_syntax_errors_of_several_lines_say_the_line() -> None:
    assert texts(refused("self.b\n  && self.b = 1")) == (
        "until: syntax error at line 2, column 13: unexpected '='; write == to compare",
    )


def test_comments_and_line_breaks_are_taken() -> None:
    assert compiled("// a comment\n self.b // and another\n || false").evaluate({"self": FULL}, NOW).outcome == "true"


def test_text_is_needed() -> None:
    with pytest.raises(ConditionError, match=r"^until: must be text"):
        compile_condition(5, {"self": THING})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "advice"),
    [(("job", "lease"), "the targets are called job, lease"), (("lease",), "the target is called lease")],
)
def test_self_is_the_name_of_a_single_target_only(names: tuple[str, ...], advice: str) -> None:
    with pytest.raises(ConditionError) as caught:
        compile_condition("self.b", dict.fromkeys(names, THING))
    assert texts(caught.value) == (f"until: self is not a variable; {advice}",)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("now", "targets: 'now' is the time of the evaluation; choose another name"),
        ("in", "targets: 'in' is a word of CEL; choose another name"),
        ("true", "targets: 'true' is a word of CEL; choose another name"),
        ("package", "targets: 'package' is a word of CEL; choose another name"),
        ("has", "targets: 'has' is a macro of CEL; choose another name"),
        ("all", "targets: 'all' is a macro of CEL; choose another name"),
        ("size", "targets: 'size' is a function of CEL; choose another name"),
        ("contains", "targets: 'contains' is a function of CEL; choose another name"),
        ("dyn", "targets: 'dyn' is a function of CEL; choose another name"),
        ("my-job", "targets: 'my-job' is not a name; use letters, digits and _"),
        ("1st", "targets: '1st' is not a name; use letters, digits and _"),
        ("", "targets: '' is not a name; use letters, digits and _"),
        ("é", "targets: 'é' is not a name; use letters, digits and _"),
        ("a\n", "targets: 'a' is not a name; use letters, digits and _"),
        ("self", "targets: 'self' is the name of a single target; choose another name"),
    ],
)
def test_names_of_targets(name: str, problem: str) -> None:
    with pytest.raises(ConditionError) as caught:
        compile_condition("other.b", {name: THING, "other": THING})
    assert texts(caught.value) == (problem,)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ('self.status == "RUNNIG"', '"RUNNIG" is not a known value of self.status; did you mean "RUNNING"?'),
        ('"running" != self.status', '"running" is not a known value of self.status; did you mean "RUNNING"?'),
        (
            "self.status == 'zzz'",
            "'zzz' is not a known value of self.status; known are CREATING, RUNNING, FINISHED, FAILED",
        ),
        (
            'self.status in ["RUNNING", "FINISHD"]',
            '"FINISHD" is not a known value of self.status; did you mean "FINISHED"?',
        ),
        (
            'self.kernel.state == "runing"',
            '"runing" is not a known value of self.kernel.state; did you mean "RUNNING"?',
        ),
        (
            "self.t - now > 1800",
            'self.t - now > 1800 compares a number with a duration, which cannot be evaluated; write duration("1800s")',
        ),
        (
            'self.i > duration("1h")',
            'self.i > duration("1h") compares a number with a duration, which cannot be evaluated; compare it with a number',  # noqa: E501
        ),
    ],
)
def test_warnings(text: str, warning: str) -> None:
    assert compiled(text).warnings == (f"until: {warning}",)


def test_rows_of_a_list_are_warned_of() -> None:
    condition = compile_condition('self.jobs.exists(j, j.status == "FAILD" || j.status == "FAILED")', {"self": JOBS})
    assert condition.warnings == ('until: "FAILD" is not a known value of self.jobs.status; did you mean "FAILED"?',)


def test_nothing_is_warned_of_without_need() -> None:
    for text in ('self.status == "RUNNING"', 'self.s == "RUNNIG"', "self.status == self.s", "self.status in []"):
        assert compiled(text).warnings == ()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("true", set()),
        ("now > now", set()),
        ("self.b", {"self.b"}),
        ("has(self.kernel.id)", {"self.kernel.id"}),
        ("has(self.kernel) && self.kernel.core.n == 1", {"self.kernel.core.n"}),
        ("has(self.kernel)", {"self.kernel"}),
        ("size(self.names) > self.i", {"self.names", "self.i"}),
        ("self.names.all(x, x == self.s)", {"self.names", "self.s"}),
        ("self.b || self.b && !self.b ? self.b : self.b", {"self.b"}),
        ("self.status == 'RUNNING' && self.start_time < now", {"self.status", "self.start_time"}),
    ],
)
def test_fields_that_are_read(text: str, fields: set[str]) -> None:
    assert compiled(text).fields == fields


def test_fields_of_rows() -> None:
    text = 'self.jobs.filter(j, has(j.code)).exists(k, k.kernel.id == "x") && self.jobs[0].status == "FAILED"'
    expected = {"self.jobs.code", "self.jobs.kernel.id", "self.jobs.status"}
    assert compile_condition(text, {"self": JOBS}).fields == expected


def test_fields_of_named_targets() -> None:
    condition = compile_condition("a.b && size(c.jobs) > 1", {"a": THING, "c": JOBS})
    assert condition.fields == {"a.b", "c.jobs"}


@pytest.mark.parametrize("token", KINDS)
def test_the_defaults_of_every_kind_compile_without_a_warning(token: str) -> None:
    kind = load(token)
    for text in [each for each in (kind.ready, *(failure.condition for failure in kind.failed)) if each]:
        assert compile_condition(text, {"self": kind}).warnings == ()


def test_the_readme_condition_of_a_lease() -> None:
    text = '!lease.stops_itself || lease.earliest_stop_time - now > duration("30m")'
    condition = compile_condition(text, {"lease": NOTEBOOK_LEASE})
    assert condition.fields == {"lease.stops_itself", "lease.earliest_stop_time"}
    assert condition.text == text
