"""What tests of the recipes for `nbcloud serve` share: their files, and the service that they ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from process_support import Process, serving

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.serve.tokens import new_token

RECIPES = Path(__file__).resolve().parents[1] / "examples" / "serve"
SERVICE = "https://gates.example.com"
JOB = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04"
# A state of the job, and what a caller is to make of it.
STATES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"status": "PROCESSING"}, "not_met"),
    ({"status": "FINISHED"}, "met"),
    ({"status": "FINISHED", "abnormal_count": 1}, "failed"),
)


@contextmanager
def recipe_service(folder: Path, clouds: MockClouds) -> Iterator[tuple[Process, str]]:
    """The service of the recipes' gates file, which reads for each check, and the token of its caller."""
    content = json.loads((RECIPES / "gates.json").read_text(encoding="utf-8"))
    token, content["tokens"][0]["sha256"] = new_token()
    content["gates"]["training-done"]["max_age"] = "0"
    content["gates"]["training-done"]["interval"] = "1s"
    with serving(folder, content, env={**clouds.environment(), "HOME": str(folder)}) as service:
        yield service, token
