"""A DAG whose second task waits until a job has finished, without holding a worker meanwhile.

The connection `nbcloud` is of the type HTTP: its host is the service, its extra is {"Authorization": "Bearer TOKEN"}.
"""

from __future__ import annotations

from typing import Any

from airflow.exceptions import AirflowFailException
from airflow.providers.http.sensors.http import HttpSensor
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

ENDS = ("failed", "never_appeared", "bad_condition", "unauthorized")


def is_met(response: Any) -> bool:
    """Say whether the gate is met; end the task where asking again cannot help."""
    outcome = response.json()["outcome"]
    if outcome in ENDS:
        raise AirflowFailException(f"the gate ended as {outcome}: {response.text}")
    return bool(outcome == "met")


with DAG("publish-model", schedule=None, params={"job_id": "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04"}) as dag:
    trained = HttpSensor(
        task_id="trained",
        http_conn_id="nbcloud",
        method="POST",
        endpoint="v1/gates/training-done/check?job_id={{ params.job_id }}",
        response_check=is_met,
        mode="reschedule",
        poke_interval=60,
        timeout=40 * 3600,
    )
    publish = EmptyOperator(task_id="publish")
    trained >> publish
