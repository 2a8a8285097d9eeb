"""Waits for an instance, and gives up early where it does not get on.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/stuck_instance
    pulumi stack init mock
    pulumi config set-all \
        --plaintext instanceId=notebook-4f1c6d5e \
        --plaintext stallTimeout=2s \
        --plaintext interval=1s
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # stalls; the instance starts 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()
instance_id = config.require("instanceId")

# Two hours for a large image. But five minutes until the instance exists, and a quarter of an hour without any change.
running = nbcloud.Gate(
    "running",
    target=nbcloud.hpcai.InstanceArgs(instance_id=instance_id),
    timeout="2h",
    appear_timeout="5m",
    stall_timeout=config.require("stallTimeout"),
    interval=config.require("interval"),
)
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=instance_id, opts=pulumi.ResourceOptions(depends_on=[running]))

pulumi.export("outcome", running.outcome)
