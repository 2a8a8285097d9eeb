"""Run by the Python that has Airflow: pokes once as the sensor of a DAG does, and prints what came of it as JSON."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import Any


def loaded(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("dag_of_the_recipe", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    module = loaded(sys.argv[1])
    task, context = module.trained, {"params": {"job_id": sys.argv[2]}}
    task.render_template_fields(context)
    try:
        found: dict[str, Any] = {"met": bool(task.poke(context))}
    except Exception as error:
        found = {"error": type(error).__name__, "text": str(error)}
    json.dump({**found, "mode": task.mode, "order": sorted(task.downstream_task_ids)}, sys.stdout)


if __name__ == "__main__":
    main()
