"""Properties over generated conditions and states: nothing raises, and nothing is met that does not hold."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import cache
from typing import Any

from condition_kinds import JOBS, NOW, THING, Core, Job, JobsState, Kernel, ThingState
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbcloud_support import examples

from pulumi_nbcloud.condition import Condition, ConditionError, Evaluator, compile_condition, compile_conditions

BOUNDED = settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))

STATUSES = ("CREATING", "RUNNING", "FINISHED", "FAILED", "HIBERNATING")


def perhaps(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


texts = st.sampled_from(["", "a", "abc", "RUNNING", "(", "5", "1h", "é", "2026-01-31T12:00:00Z"]) | st.text(max_size=5)
ints = st.integers(-3, 7) | st.sampled_from([2**63 - 1, -(2**63), 2**63, 2**80])
doubles = st.floats() | st.integers(-3, 7).map(float)
times = st.integers(-7200, 7200).map(lambda each: (NOW + timedelta(seconds=each)).isoformat()) | st.sampled_from(
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "soon", ""]
)
statuses = st.sampled_from(STATUSES)
kernels = st.builds(Kernel, id=perhaps(texts), state=perhaps(statuses), core=perhaps(st.builds(Core, n=perhaps(ints))))
things = st.builds(
    ThingState,
    s=perhaps(texts),
    i=perhaps(ints),
    d=perhaps(doubles),
    b=perhaps(st.booleans()),
    t=perhaps(times),
    start_at=perhaps(ints),
    start_time=perhaps(times),
    status=perhaps(statuses),
    kernel=perhaps(kernels),
    names=perhaps(st.lists(perhaps(texts), max_size=3)),
    numbers=perhaps(st.lists(ints, max_size=3).map(tuple)),
)
rows = st.builds(
    Job,
    name=perhaps(texts),
    status=perhaps(statuses),
    code=perhaps(ints),
    create_time=perhaps(times),
    kernel=perhaps(kernels),
)
lists = st.builds(JobsState, jobs=perhaps(st.lists(rows, max_size=4)), total=st.integers(0, 9), truncated=st.booleans())

# Texts by type, so that most of what is generated compiles; some of it is nonsense on purpose.
LEAVES = {
    "bool": ["true", "false", "self.b", "has(self.s)", "has(self.kernel.core.n)", "bool(self.s)"],
    "int": [
        "0",
        "1",
        "-1",
        "5",
        "self.i",
        "self.start_at",
        "self.kernel.core.n",
        "int(self.d)",
        "int(self.s)",
        "int(self.t)",
    ],
    "double": ["0.0", "2.5", "1e308", "self.d", "double(self.i)", "double(self.s)"],
    "string": ['""', '"a"', '"RUNNING"', "self.s", "self.status", "self.kernel.id", "string(self.d)", "string(self.t)"],
    "timestamp": ["now", "self.t", "self.start_time", "timestamp(self.i)", "timestamp(self.s)"],
    "duration": ['duration("1h")', 'duration("-3d")', "(self.t - now)", "duration(self.s)", "(now - self.start_time)"],
    "strings": ["self.names", "[]", '["a", self.s]', "(self.names + self.names)"],
    "ints": ["self.numbers", "[]", "[1, self.i]", "(self.numbers + [2])"],
}
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]


def joined(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*[st.just(each) if isinstance(each, str) else each for each in parts]).map("".join)


@cache
def expressions(kind: str, depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(LEAVES[kind])
    if depth == 0:
        return leaf

    def sub(name: str) -> st.SearchStrategy[str]:
        return expressions(name, depth - 1)

    ternary = joined("(", sub("bool"), " ? ", sub(kind), " : ", sub(kind), ")")
    choices = [leaf, ternary]
    if kind == "bool":
        scalars = ["bool", "int", "double", "string", "timestamp", "duration"]
        choices += [joined("(", sub(each), " ", st.sampled_from(COMPARISONS), " ", sub(each), ")") for each in scalars]
        choices += [
            joined("(", sub("int"), " ", st.sampled_from(COMPARISONS), " ", sub("double"), ")"),
            joined("(", sub("bool"), st.sampled_from([" && ", " || "]), sub("bool"), ")"),
            joined("!", sub("bool")),
            joined("(", sub("string"), " in ", sub("strings"), ")"),
            joined("(", sub("ints"), st.sampled_from([" == ", " != "]), sub("ints"), ")"),
            joined(sub("string"), st.sampled_from([".contains(", ".startsWith(", ".matches("]), sub("string"), ")"),
            joined(
                st.sampled_from(["self.names", "self.names.map(y, y)"]),
                st.sampled_from([".all(x, x == ", ".exists(x, x < ", ".exists_one(x, x != "]),
                expressions("string", 0),
                ")",
            ),
            joined(
                "self.numbers", st.sampled_from([".all(x, x / ", ".exists(x, 1 % "]), expressions("int", 0), " > 0)"
            ),
        ]
    elif kind in ("int", "double"):
        signs = ["+", "-", "*", "/"] + (["%"] if kind == "int" else [])
        choices += [joined("(", sub(kind), " ", st.sampled_from(signs), " ", sub(kind), ")"), joined("-", sub(kind))]
        if kind == "int":
            choices += [joined("size(", sub("strings"), ")"), joined(sub("ints"), "[", sub("int"), "]")]
            choices += [joined(sub("timestamp"), ".getHours(", st.sampled_from(["", "self.s", '"UTC"']), ")")]
    elif kind == "string":
        choices += [joined("(", sub("string"), " + ", sub("string"), ")"), joined(sub("strings"), "[", sub("int"), "]")]
    elif kind == "timestamp":
        choices += [joined("(", sub("timestamp"), st.sampled_from([" + ", " - "]), sub("duration"), ")")]
    elif kind == "duration":
        choices += [joined("(", sub("timestamp"), " - ", sub("timestamp"), ")")]
    return st.one_of(choices)


# The generator knows the types; what is left is what literals alone make wrong.
NONSENSE = ("it divides by zero", " is no bool", "counts from 0", "is no regular expression")


def compiled_or_nonsense(text: str) -> Condition | None:
    try:
        return compile_condition(text, {"self": THING})
    except ConditionError as error:
        unexpected = [each for each in error.problems if not any(known in each.text for known in NONSENSE)]
    assert not unexpected
    return None


@BOUNDED
@given(text=expressions("bool", 3), state=perhaps(things))
def test_what_compiles_never_raises(text: str, state: ThingState | None) -> None:
    condition = compiled_or_nonsense(text)
    if condition is None:
        return
    evaluation = condition.evaluate({"self": state}, NOW)
    assert (evaluation.reason is None) == (evaluation.outcome in ("true", "false"))
    # A problem of ours would hide behind this text.
    assert "cannot be evaluated" not in (evaluation.reason or "")
    assert "these types" not in (evaluation.reason or "")


WORDS = [
    "self",
    ".b",
    ".s",
    "now",
    "(",
    ")",
    "==",
    "&&",
    "||",
    "!",
    "-",
    "1",
    '"a"',
    "[",
    "]",
    "has(",
    "x",
    ".all(",
    ",",
    "?",
]


@BOUNDED
@given(text=st.text(max_size=40) | st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), state=things)
def test_any_text_compiles_or_is_refused(text: str, state: ThingState) -> None:
    try:
        condition = compile_condition(text, {"self": THING})
    except ConditionError as error:
        for problem in error.problems:
            assert problem.text.startswith("until: ")
            assert "\n" not in problem.text
        return
    condition.evaluate({"self": state}, NOW)


LIST_TEXTS = [
    'self.jobs.all(j, j.status == "FINISHED")',
    'self.jobs.exists(j, j.kernel.id == "a" || j.code > 1)',
    "self.jobs.exists_one(j, j.create_time < now)",
    "size(self.jobs.filter(j, has(j.kernel.core.n) && j.kernel.core.n / j.code > 0)) == self.total",
    "self.jobs.map(j, j.code + 1).all(c, c > 0)",
    "!self.truncated && self.jobs[0].name in self.jobs.map(j, j.name)",
]


@BOUNDED
@given(text=st.sampled_from(LIST_TEXTS), state=lists)
def test_lists_never_raise_and_cut_lists_are_never_met(text: str, state: JobsState) -> None:
    outcome = Evaluator(compile_conditions({"self": JOBS}, text)).decide({"self": state}, NOW)
    assert "cannot be evaluated" not in (outcome.reason or "")
    if state.truncated:
        assert outcome.outcome != "met"


# An oracle: a small part of the language, and what it means, said in plain Python. None is "cannot be known".
Tree = tuple[Any, ...]

SMALL = {
    "i": st.integers(0, 2),
    "d": st.sampled_from([0.0, 1.0, 1.5]),
    "s": st.sampled_from(["a", "b"]),
    "b": st.booleans(),
}
small_states = st.builds(ThingState, **{name: perhaps(strategy) for name, strategy in SMALL.items()})


def small_trees() -> st.SearchStrategy[Tree]:
    sign = st.sampled_from(COMPARISONS)
    leaves = st.one_of(
        st.tuples(st.just("has"), st.sampled_from(list(SMALL))),
        st.just(("field", "b")),
        st.tuples(
            st.just("compare"),
            sign,
            st.sampled_from(["i", "d"]),
            st.sampled_from([0, 1, 1.5]) | st.sampled_from(["i", "d"]),
        ),
        st.tuples(st.just("compare"), sign, st.just("s"), st.sampled_from(['"a"', '"b"'])),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.just("not"), inner),
            st.tuples(st.sampled_from(["and", "or"]), inner, inner),
            st.tuples(st.just("if"), inner, inner, inner),
        ),
        max_leaves=6,
    )


def written(tree: Tree) -> str:
    name, *parts = tree
    if name == "has":
        return f"has(self.{parts[0]})"
    if name == "field":
        return f"self.{parts[0]}"
    if name == "compare":
        right = f"self.{parts[2]}" if parts[2] in SMALL else parts[2]
        return f"self.{parts[1]} {parts[0]} {right}"
    inner = [f"({written(each)})" for each in parts]
    if name == "not":
        return f"!{inner[0]}"
    return (
        f"{inner[0]} ? {inner[1]} : {inner[2]}" if name == "if" else (" && " if name == "and" else " || ").join(inner)
    )


def meant(tree: Tree, state: ThingState) -> bool | None:
    name, *parts = tree
    if name == "has":
        return getattr(state, parts[0]) is not None
    if name == "field":
        return getattr(state, parts[0])  # type: ignore[no-any-return]
    if name == "compare":
        left = getattr(state, parts[1])
        right = getattr(state, parts[2]) if parts[2] in SMALL else parts[2]
        right = right.strip('"') if isinstance(right, str) else right
        if left is None or right is None:
            return None
        results: dict[str, bool] = {"==": left == right, "!=": left != right}
        if parts[0] in results:
            return results[parts[0]]
        results = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
        return results[parts[0]]
    values = [meant(each, state) for each in parts]
    if name == "not":
        return None if values[0] is None else not values[0]
    if name == "if":
        return None if values[0] is None else values[1] if values[0] else values[2]
    decisive: bool = name == "or"
    if decisive in values:
        return decisive
    return None if None in values else not decisive


NAMED = {True: "true", False: "false", None: "undecided"}


@settings(BOUNDED, max_examples=examples(500))
@given(tree=small_trees(), state=small_states)
def test_conditions_mean_what_plain_python_says(tree: Tree, state: ThingState) -> None:
    condition = compile_condition(written(tree), {"self": THING})
    assert condition.evaluate({"self": state}, NOW).outcome == NAMED[meant(tree, state)]


@settings(BOUNDED, max_examples=examples(300))
@given(until=small_trees(), fail_on=st.none() | small_trees(), states=st.lists(perhaps(small_states), max_size=5))
def test_nothing_is_met_that_does_not_hold(until: Tree, fail_on: Tree | None, states: list[ThingState | None]) -> None:
    evaluator = Evaluator(compile_conditions({"self": THING}, written(until), written(fail_on) if fail_on else None))
    for state in states:
        for status in (None, "FAILED"):
            seen = dataclasses.replace(state, status=status) if state else None
            outcome = evaluator.decide({"self": seen}, NOW).outcome
            holds = meant(until, seen) if seen else None
            stops = (meant(fail_on, seen) if seen else None) if fail_on else False
            if seen is None:
                # A missing target decides nothing by itself; constants are not generated.
                assert outcome == "not_yet"
            elif stops is not False:
                assert outcome == ("failed" if stops else "not_yet")
            elif holds:
                assert outcome == "met"
            else:
                assert outcome == ("failed" if status == "FAILED" else "not_yet")
