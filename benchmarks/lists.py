"""What long lists cost: 10,000 jobs in one response and 10,000 instances in 200 pages, beside plain json.loads.

Each measurement is a process of its own against the mock clouds; memory is the peak above that after importing.
`--quick` only shows that it runs: its figures mean nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

from pulumi_nbcloud.mock import MockClouds

ROWS = 100 if "--quick" in sys.argv[1:] else 10_000
LIMIT_MB = 200
# Not ru_maxrss: that one starts with the peak of the process that started this one.
PEAK = """
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

"""
READ = (
    PEAK
    + """
import json, sys, time
import anyio
import pulumi_nbcloud.http.client
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.kinds.registry import load

kind = load(sys.argv[1])
reader = Reader()
account = reader.account(kind, None, lambda key: None)
before = peak()

found = []

async def read():
    # Not returned: anyio.run() would write it as text when it ends, which lookups and gates do not.
    found.append(await reader.read(kind, kind.parse({}), lambda key: None))
    await reader.aclose()

started = time.process_time()
anyio.run(read)
taken = time.process_time() - started
after = peak()
rows = max(len(value) for value in vars(found[0]).values() if isinstance(value, tuple))
print(json.dumps({"rows": rows, "cpu": taken, "mb": (after - before) / 1024}))
"""
)
LOADS = (
    PEAK
    + """
import json, sys, time
text = sys.stdin.buffer.read()
before = peak()
started = time.process_time()
rows = json.loads(text)
taken = time.process_time() - started
after = peak()
print(json.dumps({"rows": len(rows), "cpu": taken, "mb": (after - before) / 1024}))
"""
)


def measure(program: str, *arguments: str, environment: Mapping[str, str], text: bytes = b"") -> dict[str, float]:
    """Runs one program in a process of its own; gives what it printed."""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, env=dict(environment), check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    with MockClouds() as clouds:
        for number in range(ROWS):
            clouds.modelarts.put_job(f"job-{number:06d}", status="FINISHED")
        clouds.hpcai.put_instances(ROWS)
        environment = clouds.environment()
        names = {"id": "job-000000", "name": "mock-job", "user_name": "modelarts_user", "type": "COMMON"}
        times = {"create_at": 1749536420547, "update_at": 1749536603947}
        row = {**names, "status": "FINISHED", "abnormal_count": 0, **times}
        text = json.dumps([row] * ROWS).encode()
        found = {
            "json.loads of such jobs": measure(LOADS, environment=environment, text=text),
            "modelarts:DevServerJobs": measure(READ, "modelarts:DevServerJobs", environment=environment),
            "hpcai:Instances": measure(READ, "hpcai:Instances", environment=environment),
        }
        pages = clouds.request_count("hpcai")
    plain = found["json.loads of such jobs"]["cpu"]
    print(f"{'':26} {'rows':>8} {'CPU':>9} {'times json.loads':>17} {'peak above import':>19}")
    for name, each in found.items():
        cost = f"{each['cpu'] * 1000:6.0f} ms {each['cpu'] / plain:17.1f}"
        print(f"{name:26} {each['rows']:8.0f} {cost} {each['mb']:16.0f} MB")
    print(f"hpcai:Instances took {pages} requests; the aim for both lists is under {LIMIT_MB} MB")


if __name__ == "__main__":
    main()
