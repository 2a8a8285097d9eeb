"""What a row of a long list costs: no call into Python. Calls are counted, because seconds cannot be relied on."""

from __future__ import annotations

import gc
import json
import sys
from typing import Any

from modelarts_support import JOBS_BODY
from nbcloud_support import make_response

from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import _Wire
from pulumi_nbcloud.clouds.wire import parse_response

PAGE = json.loads(JOBS_BODY)


def python_calls(rows: int) -> int:
    """How many functions of Python run while a list of so many rows is parsed."""
    data = [{**PAGE["data"][0], "id": str(number), "create_at": str(number)} for number in range(rows)]
    response = make_response(body=json.dumps({**PAGE, "data": data, "total": rows}).encode())
    calls: list[str] = []

    def note(frame: Any, event: str, argument: object) -> None:
        if event == "call":
            calls.append(frame.f_code.co_name)

    # Off meanwhile: collecting garbage may call functions of others.
    gc.disable()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        found = parse_response(response, _Wire).data
    finally:
        sys.setprofile(before)
        gc.enable()
    assert found is not None
    assert len(found) == rows
    return len(calls)


def test_a_row_costs_no_call_into_python() -> None:
    python_calls(1)  # what is done once for all
    few = python_calls(1)
    assert few > 0
    assert python_calls(500) == few
