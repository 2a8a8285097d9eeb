"""What a program may get wrong, on the real engine: one line and a hint, a warning, and secrets that stay so."""

from __future__ import annotations

from pathlib import Path

import pytest
from lease_support import notebook
from stack import PROGRAM_ROW, UNHANDLED, Stack, row

from pulumi_nbcloud.mock import MockClouds

WHEN = "(asked when this gate is created or updated)"


@pytest.mark.parametrize(
    ("call", "line", "hint"),
    [
        (
            'nbcloud.Gate("ready", lease)',
            "Gate takes only resource_name by position",
            "name the others: target=...",
        ),
        (
            'nbcloud.Gate("ready", target=lease, until=lambda lease: lease.running)',
            "gate ready: until: must be text",
            "correct the condition, a CEL expression; nothing was sent",
        ),
        (
            'nbcloud.Gate("ready", target=lease, triggers=[datetime.datetime.now()])',
            "gate ready: triggers cannot hold a datetime",
            "give it as a text, for example with str()",
        ),
        (
            'nbcloud.modelarts.get_notebook_lease_output("some-id", opts=pulumi.ResourceOptions())',
            "modelarts:NotebookLease: opts cannot be a ResourceOptions",
            "write opts=pulumi.InvokeOutputOptions(depends_on=[...])",
        ),
        (
            'nbcloud.modelarts.NotebookLease.get("lease", "some-id")',
            "NotebookLease has no get: declaring it reads what there is",
            (
                'write NotebookLease("name", notebook_id=...), or without a record '
                "nbcloud.modelarts.get_notebook_lease_output(notebook_id=...)"
            ),
        ),
    ],
)
def test_the_preview_ends_in_one_line_and_a_hint(stack: Stack, call: str, line: str, hint: str) -> None:
    stack.program(f"""
        import datetime
        lease = nbcloud.modelarts.NotebookLeaseArgs(notebook_id="{notebook(1)}")
        {call}
    """)
    preview = stack.preview(expect=1)
    assert preview.diagnostics == {PROGRAM_ROW: [f"error: {line}", f"hint: {hint}", UNHANDLED]}
    assert "Traceback" not in preview.text


def test_a_map_of_triggers_is_stored_and_a_change_of_it_waits_again(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    program = """
        made = gate("ready", 1, triggers={{"digest": "{digest}"}})
        pulumi.export("triggers", made.triggers)
    """
    for digest in ("one", "two"):
        clouds.clear_requests()
        stack.program(program.format(digest=digest))
        stack.up()
        assert stack.outputs()["triggers"] == {"digest": digest}
        assert clouds.request_count() == 1
    stack.up("--expect-no-changes")


def test_what_can_never_be_met_or_always_is_gets_a_warning(stack: Stack, clouds: MockClouds) -> None:
    stack.program("""
        def jobs(name, until, status=None):
            nbcloud.Gate(name, target=nbcloud.modelarts.DevServerJobsArgs(status=status), until=until, timeout="0")

        jobs("all", 'self.jobs.all(j, j.status == "FINISHED")')
        jobs("filter", "size(self.jobs) == 0", "RUNNING")
        jobs("right", 'size(self.jobs) > 0 && self.jobs.all(j, j.status == "FINISHED")', "finished")
        nbcloud.modelarts.get_dev_server_jobs(type="DIAGNOSIS")
        nbcloud.hpcai.get_instances_output(status="Runing")
    """)
    rows = stack.preview().diagnostics
    warnings = {name: [line for line in lines if not line.startswith("now:")] for name, lines in rows.items()}
    empty = "until: holds for an empty list too; add size(self.jobs) > 0 &&"
    known = "known are PROCESSING, FINISHED, DELETED, ACTIVE"
    assert {name: lines for name, lines in warnings.items() if lines} == {
        row("all"): [f"warning: {empty}"],
        row("filter"): [f"warning: modelarts:DevServerJobs: 'RUNNING' is not a known value of status; {known}"],
        PROGRAM_ROW: [
            (
                "warning: modelarts:DevServerJobs: 'DIAGNOSIS' is not a known value of type; "
                "did you mean ASCEND_DIAGNOSIS?"
            ),
            "warning: hpcai:Instances: 'Runing' is not a known value of status; did you mean Running?",
        ],
    }


def test_the_now_line_is_about_what_a_transformation_made_of_the_gate(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    stack.program("""
        def turned(args):
            if args.type_.endswith(":Gate"):
                return pulumi.ResourceTransformationResult({**args.props, "until": "!self.running"}, args.opts)

        pulumi.runtime.register_stack_transformation(turned)
        gate("given", 1, until="self.running")
        gate("added", 1)
    """)
    rows = stack.preview().diagnostics
    for name in ("given", "added"):
        (line,) = rows[row(name)]
        assert line.startswith("now: running=true, ")
        assert line.endswith(f"; not met: !self.running {WHEN}")


def test_a_transformation_that_breaks_a_gate_is_refused_by_its_check(stack: Stack) -> None:
    stack.program("""
        def broken(args):
            if args.type_.endswith(":Gate"):
                return pulumi.ResourceTransformationResult({**args.props, "until": "self.runing"}, args.opts)

        pulumi.runtime.register_stack_transformation(broken)
        gate("ready", 1)
    """)
    preview = stack.preview(expect=1)
    assert any(
        "self.runing is not a field of modelarts:NotebookLease" in each for each in preview.diagnostics[row("ready")]
    )
    assert "Traceback" not in preview.text


SECRET = notebook(7)
SECRETS = f"""
secret = pulumi.Output.secret("{SECRET}")
target = nbcloud.modelarts.NotebookLeaseArgs(notebook_id=secret)


def held(name, **how):
    return nbcloud.Gate(name, target=target, interval="1s", **how)

"""


def test_a_secret_id_of_a_target_is_nowhere_in_plain(stack: Stack, clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(SECRET)
    stack.program(
        SECRETS
        + """
met = held("met", until="self.running")
advised = held("advised", until="!self.running", timeout="0", enforcement="advisory")
for name, each in (("met", met), ("advised", advised)):
    pulumi.export(name, {"states": each.states, "message": each.message, "transitions": each.transitions})
"""
    )
    log = tmp_path / "events.json"
    stack.environment["PULUMI_DEBUG_COMMANDS"] = "true"
    said = [stack.preview("--event-log", str(log), "--diff").text, log.read_text()]
    said += [stack.up("--event-log", str(log), "--diff").text, log.read_text()]
    # The row's "timed out after 0s" may stand before it.
    warnings = [line for line in said[2].splitlines() if line.startswith("warning:")]
    assert [line.partition(": timed out after")[0] for line in warnings] == [
        "warning: modelarts:NotebookLease [secret]"
    ]
    states = {name: each["outputs"]["states"] for name, each in stack.resources().items()}
    assert {name: "ciphertext" in str(each) for name, each in states.items()} == {"met": True, "advised": True}
    outputs = stack.outputs()
    assert outputs["met"]["states"]["self"]["notebook_id"] == SECRET
    assert SECRET in outputs["advised"]["message"]
    # Kept where the outcome is, and by a refresh.
    stack.program(SECRETS + 'held("met", until="self.running", timeout="1h")\n')
    said += [stack.up("--diff").text, stack.refresh("--diff").text]
    assert [text for text in said if SECRET in text] == []
    assert "ciphertext" in str(stack.resources()["met"]["outputs"]["states"])
    kept = [path for path in stack.backend.rglob("*") if path.is_file()]
    assert [path for path in kept if SECRET in path.read_text("utf-8", "replace")] == []


def test_the_error_of_a_gate_or_a_hook_leaves_a_secret_id_out(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(SECRET)
    stack.program(
        SECRETS
        + """
held("gate", until="!self.running", timeout="0")
hooks = nbcloud.wait_before("hook", target=target, until="!self.running", timeout="0")
Seed("held", "v", opts=pulumi.ResourceOptions(hooks=hooks))
"""
    )
    run = stack.up("--continue-on-error", expect=1)
    for name in (row("gate"), "pulumi-python:dynamic/probe:Seed (held)"):
        assert "modelarts:NotebookLease [secret]: timed out after" in run.diagnostics[name][0]
    assert SECRET not in run.text


def test_wait_before_a_delete_holds_back_a_replacement(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    program = """
        lease = nbcloud.modelarts.NotebookLeaseArgs(notebook_id="{notebook}")
        hooks = nbcloud.wait_before(
            "drained", target=lease, until="!self.running", timeout="0", before=["create", "delete"]
        )
        opts = pulumi.ResourceOptions(hooks=hooks, delete_before_replace=True, replace_on_changes=["*"])
        Seed("held", "{value}", opts=opts)
    """
    stack.program(program.format(notebook=notebook(1), value="one"))
    stack.up()
    assert clouds.request_count() == 1
    # Now it runs: neither is the old one deleted nor a new one created.
    clouds.modelarts.add_transition(notebook(1), status="RUNNING")
    stack.program(program.format(notebook=notebook(1), value="two"))
    run = stack.up(expect=1)
    assert 'before hook "drained" failed: modelarts:NotebookLease' in run.text
    assert stack.resources()["held"]["id"] == "one"
    clouds.modelarts.add_transition(notebook(1), status="STOPPED")
    stack.up()
    assert stack.resources()["held"]["id"] == "two"
