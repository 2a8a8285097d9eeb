"""A gate inside a component, and a component that depends on a gate."""

from __future__ import annotations

from lease_support import NOTEBOOK
from stack import Stack

from pulumi_nbcloud.mock import MockClouds

PROGRAM = """
class Training(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("example:index:Training", name)
        self.ready = gate("ready", 1, opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({})

training = Training("training")
serving = pulumi.ComponentResource("example:index:Serving", "serving", opts=after(training))
pulumi.export("outcome", training.ready.outcome)
"""


def test_a_gate_in_a_component_waits_shows_its_status_and_holds_what_depends_on_the_component(
    stack: Stack, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STARTING")
    clouds.modelarts.add_transition(NOTEBOOK, status="RUNNING", after_reads=2)
    stack.program(PROGRAM)
    printed = stack.up().text
    assert "running false; not_running_reason STARTING; " in printed
    assert printed.index("Gate ready created") < printed.index("Serving serving creat")
    assert stack.outputs() == {"outcome": "met"}
