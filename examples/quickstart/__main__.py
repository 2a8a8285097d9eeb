"""Records a notebook's lease, waits until the notebook runs, looks it up again.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/quickstart
    pulumi stack init mock
    pulumi config set notebookId 4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e03
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # the notebook starts 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

notebook_id = pulumi.Config().require("notebookId")

# Record: kept in state; `pulumi refresh` shows what has changed since.
lease = nbcloud.modelarts.NotebookLease("training", notebook_id=notebook_id)

# Wait: what depends on the gate is not created before the notebook runs with half an hour to go.
ready = nbcloud.Gate(
    "ready",
    target=lease,
    until='self.running && (!self.stops_itself || self.earliest_stop_time - now > duration("30m"))',
    timeout="10m",
)
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=notebook_id, opts=pulumi.ResourceOptions(depends_on=[ready]))

# Look up: fresh on every run; here once the gate has let go.
current = nbcloud.modelarts.get_notebook_lease_output(notebook_id, opts=pulumi.InvokeOutputOptions(depends_on=[ready]))
pulumi.export("leaseExpiresAt", current.expire_time)
