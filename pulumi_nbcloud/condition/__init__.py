"""Conditions: CEL text, compiled, checked against what kinds give, and judged with three outcomes.

Importing this package loads neither cel-python nor pydantic; the first compilation loads cel-python.
"""

from __future__ import annotations

from pulumi_nbcloud.condition.compiled import Condition, compile_condition
from pulumi_nbcloud.condition.judge import Judge
from pulumi_nbcloud.condition.outcome import ConditionError, Evaluation, Verdict

__all__ = ["Condition", "ConditionError", "Evaluation", "Judge", "Verdict", "compile_condition"]
