"""Conditions: CEL text, compiled, checked against kinds, and evaluated to true, false, undecided or an error.

Importing this package loads neither cel-python nor pydantic; the first compilation loads cel-python.
"""

from __future__ import annotations

from pulumi_nbcloud.condition.compiled import Condition, compile_condition
from pulumi_nbcloud.condition.conditions import Conditions, compile_conditions, compile_named
from pulumi_nbcloud.condition.evaluator import Evaluator
from pulumi_nbcloud.condition.named import name_in
from pulumi_nbcloud.condition.outcome import Clause, ConditionError, Decision, Evaluation, Held
from pulumi_nbcloud.condition.problems import Problem
from pulumi_nbcloud.condition.span import Moment, Row, Span, long_enough

__all__ = [
    "Clause",
    "Condition",
    "ConditionError",
    "Conditions",
    "Decision",
    "Evaluation",
    "Evaluator",
    "Held",
    "Moment",
    "Problem",
    "Row",
    "Span",
    "compile_condition",
    "compile_conditions",
    "compile_named",
    "long_enough",
    "name_in",
]
