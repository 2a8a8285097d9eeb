"""Deletes a resource only after the notebook that uses it has stopped.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/delete_after_stop
    pulumi stack init mock
    pulumi config set-all \
        --plaintext notebookId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e02 \
        --plaintext timeout=0
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up
    pulumi destroy --run-program    # the mock's second notebook is stopped
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()
notebook_id = config.require("notebookId")

# The name is how the state finds the hook again when the resource is to be deleted.
stopped = nbcloud.wait_before(
    "stopped",
    target=nbcloud.modelarts.NotebookLeaseArgs(notebook_id=notebook_id),
    until="stopped",
    timeout=config.require("timeout"),
    before=["delete"],
)
# Stands for a disk, a bucket or a network: a resource of Pulumi itself, which needs no plugin.
data = pulumi.Stash("data", input=notebook_id, opts=pulumi.ResourceOptions(hooks=stopped))

pulumi.export("usedBy", data.input)
