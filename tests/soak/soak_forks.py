"""A program that looks things up in threads and forks children meanwhile, each of which does a lookup and exits.

It is a process of its own, as a user's program is: gRPC, which the soak itself uses, does not bear forks. It writes one
JSON line for each lookup, its children too, and ends when its stdin does.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

CHILD_SECONDS = 90.0
# Python 3.12 and later say this of every fork of a process with threads. It is what is tested here.
ALLOWED = "ignore:This process (pid=:DeprecationWarning"
READERS = 2


@contextlib.contextmanager
def forking_program(environment: Mapping[str, str], things: list[Any], seed: int) -> Iterator[subprocess.Popen[bytes]]:
    """Runs it; where it still runs at the end it is killed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NBCLOUD_", "PULUMI_"))}
    given = json.dumps({"seed": seed, "things": [asdict(each) for each in things]})
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-W", ALLOWED, __file__, given],
        env={**kept, **environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _say(**values: Any) -> None:
    # In one piece, and without the lock of sys.stdout, which a thread could hold at the fork.
    os.write(1, json.dumps(values).encode() + b"\n")


def _look_up(who: str, thing: Any) -> None:
    import pulumi_nbcloud as nbcloud

    look_ups: dict[str, Any] = {
        "modelarts": nbcloud.modelarts.get_notebook_lease,
        "hpcai": nbcloud.hpcai.get_instance,
        "aidp": nbcloud.aidp.get_notebook_session,
    }
    found: dict[str, Any] = {}
    began = time.monotonic()
    try:
        found["changed"] = thing.changed_texts(look_ups[thing.cloud](**thing.arguments).to_dict())
    except nbcloud.NbcloudError as error:
        found["text"] = str(error)
    _say(who=who, cloud=thing.cloud, began=began, ended=time.monotonic(), **found)


def _read_on(over: threading.Event, things: list[Any]) -> None:
    number = 0
    while not over.wait(0.1):
        _look_up("parent", things[number % len(things)])
        number += 1


def _fork(thing: Any) -> None:
    child = multiprocessing.get_context("fork").Process(target=_look_up, args=("child", thing))
    child.start()
    child.join(CHILD_SECONDS)
    ended = child.exitcode
    if ended is None:
        child.kill()
        child.join()
    _say(who="fork", exitcode=ended)
    child.close()


def main() -> None:
    from soak_things import Thing

    given = json.loads(sys.argv[1])
    things = [Thing(**each) for each in given["things"]]
    chance = random.Random(given["seed"])
    over = threading.Event()
    turned = [things[number:] + things[:number] for number in range(READERS)]
    threads = [threading.Thread(target=_read_on, args=(over, each)) for each in turned]
    for each in threads:
        each.start()
    while True:
        _fork(chance.choice(things))
        if select.select([0], [], [], chance.uniform(0.2, 2.0))[0]:
            break
    over.set()
    for each in threads:
        each.join()


if __name__ == "__main__":
    main()
