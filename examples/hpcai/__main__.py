"""Records an HPC-AI instance, waits until it runs and is healthy, and looks up all that run in its region."""

import pulumi
import pulumi_nbcloud as nbcloud

instance_id = pulumi.Config().require("instanceId")

# Record: kept in state; `pulumi refresh` shows what has changed since.
instance = nbcloud.hpcai.Instance("training", instance_id=instance_id)
pulumi.export("owner", instance.instance_metadata.apply(lambda each: each and each.instance_username))

# Wait: until it runs and is healthy. It fails at once where the instance cannot start, and after three polls where its
# image cannot be pulled.
ready = nbcloud.Gate("ready", target=instance, timeout="30m")
after = pulumi.ResourceOptions(depends_on=[ready])
serving = pulumi.ComponentResource("example:index:Serving", "serving", opts=after)

# Look up: fresh on every run; here once the gate has let go.
once_ready = pulumi.InvokeOutputOptions(depends_on=[ready])
running = nbcloud.hpcai.get_instances_output(status="Running", region="asia-sg-1", opts=once_ready)
pulumi.export("running", running.instances.apply(lambda each: [one.name for one in each]))
