"""Records an HPC-AI instance, waits until it runs, looks up all that run.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/hpcai
    pulumi stack init mock
    pulumi config set instanceId notebook-4f1c6d5e
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # the instance starts 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

instance_id = pulumi.Config().require("instanceId")

# Record: kept in state; `pulumi refresh` shows what has changed since.
instance = nbcloud.hpcai.Instance("training", instance_id=instance_id)
pulumi.export("owner", instance.instance_metadata.apply(lambda each: each and each.instance_username))

# Wait: until it runs and is healthy. It fails at once where the instance cannot start, and after 3 minutes where its
# image cannot be pulled.
ready = nbcloud.Gate("ready", target=instance, timeout="30m")
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=instance_id, opts=pulumi.ResourceOptions(depends_on=[ready]))

# Look up: fresh on every run; here once the gate has let go.
once_ready = pulumi.InvokeOutputOptions(depends_on=[ready])
running = nbcloud.hpcai.get_instances_output(status="Running", region="asia-sg-1", opts=once_ready)
pulumi.export("running", running.instances.apply(lambda each: [one.name for one in each]))
