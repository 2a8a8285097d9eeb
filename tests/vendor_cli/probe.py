"""Run by the Python of `oci-cli`: tells for each environment as whom the command line signs and which host it asks.

Nothing is sent: the command ends where it would open its session.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from typing import Any

import oci
from oci_cli import cli_util
from oci_cli.cli import cli

TEMPLATE = "https://aidp.{region}.oci.{secondLevelDomain}"
COMMAND = ["raw-request", "--http-method", "GET", "--target-uri", "https://nowhere.invalid/"]


_answers: list[dict[str, Any]] = []


def _tell(context: Any) -> None:
    found = cli_util.create_config_and_signer_based_on_click_context(context)
    signer = found.signer or oci.Signer.from_config(found.config)
    region = oci.regions.get_region_from_short_name(found.config["region"])
    host = oci.regions.endpoint_for("aidp", region=region, service_endpoint_template=TEMPLATE)
    key = signer.private_key.public_key().public_numbers().n % 2**64
    endpoint = context.obj.get("endpoint")
    _answers.append({"key_id": signer.api_key, "key": key, "host": host.lower(), "endpoint": endpoint})
    raise SystemExit


def told(environment: dict[str, str]) -> dict[str, Any]:
    os.environ.clear()
    os.environ.update(environment)
    error = "nothing was signed"
    try:
        cli.main(COMMAND, standalone_mode=False)
    except BaseException as raised:
        error = f"{type(raised).__name__}: {raised}"
    return _answers[0] if _answers else {"error": error}


def main() -> None:
    cli_util.build_raw_requests_session = _tell
    for environment in json.load(sys.stdin):
        read, write = os.pipe()
        # A process for each: the tool keeps what it has read once.
        if os.fork() == 0:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                answer = told(environment)
            os.write(write, json.dumps(answer).encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as answers:
            sys.stdout.write(f"{answers.read()}\n")
        os.wait()


if __name__ == "__main__":
    main()
