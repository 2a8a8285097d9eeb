"""The kinds there are, by import path: one line each, so that using one kind does not load the others."""

from __future__ import annotations

import difflib
import importlib
from typing import Any

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable

KINDS = {
    "modelarts:NotebookLease": "pulumi_nbcloud.clouds.modelarts.notebook_lease:NOTEBOOK_LEASE",
    "modelarts:DevServerJob": "pulumi_nbcloud.clouds.modelarts.dev_server_jobs:DEV_SERVER_JOB",
    "modelarts:DevServerJobs": "pulumi_nbcloud.clouds.modelarts.dev_server_jobs:DEV_SERVER_JOBS",
    "hpcai:Instance": "pulumi_nbcloud.clouds.hpcai.instances:INSTANCE",
    "hpcai:Instances": "pulumi_nbcloud.clouds.hpcai.instances:INSTANCES",
    "aidp:NotebookSession": "pulumi_nbcloud.clouds.aidp.notebook_session:NOTEBOOK_SESSION",
}


def load(token: str) -> Any:
    """Return a kind by its token.

    Args:
        token: for example `modelarts:NotebookLease`.

    Returns:
        The `Kind`.

    Raises:
        InputError: there is none of that name.
    """
    if token not in KINDS:
        near = difflib.get_close_matches(token, KINDS, 1)
        raise InputError(
            f"there is no kind {printable(token, 80)!r}",
            hint=f"did you mean {near[0]}?" if near else f"known are {', '.join(KINDS)}",
        )
    module, _, name = KINDS[token].partition(":")
    return getattr(importlib.import_module(module), name)
