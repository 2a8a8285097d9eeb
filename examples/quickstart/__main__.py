"""Records the lease of a ModelArts notebook, waits until it runs, and looks it up again."""

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
after = pulumi.ResourceOptions(depends_on=[ready])
serving = pulumi.ComponentResource("example:index:Serving", "serving", opts=after)

# Look up: fresh on every run; here once the gate has let go.
current = nbcloud.modelarts.get_notebook_lease_output(notebook_id, opts=pulumi.InvokeOutputOptions(depends_on=[ready]))
pulumi.export("leaseExpiresAt", current.expire_time)
