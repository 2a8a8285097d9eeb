"""Conditions: CEL text, compiled, checked against what kinds give, and evaluated with three outcomes.

Importing this package loads neither cel-python nor pydantic; the first compilation loads cel-python.
"""

from __future__ import annotations

from pulumi_nbcloud.condition.compiled import Condition, compile_condition
from pulumi_nbcloud.condition.evaluator import Evaluator
from pulumi_nbcloud.condition.outcome import ConditionError, Decision, Evaluation

__all__ = ["Condition", "ConditionError", "Decision", "Evaluation", "Evaluator", "compile_condition"]
