"""Deploys once two instances run, each in an account of its own.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/two_accounts
    pulumi stack init mock
    pulumi config set-all \
        --plaintext instanceId=notebook-4f1c6d5e \
        --plaintext eastInstanceId=notebook-east
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    # the mock's second account, and an instance of it
    export NBCLOUD_PROFILE_EAST_HPCAI_API_KEY=other-mock-api-key-not-a-real-one
    export NBCLOUD_PROFILE_EAST_HPCAI_ENDPOINT=$NBCLOUD_HPCAI_ENDPOINT
    curl -so /dev/null -X PUT \
        $NBCLOUD_HPCAI_ENDPOINT/_mock/hpcai/instances/other-user/notebook-east
    pulumi up           # the first instance starts 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()

# Each poll reads both accounts. The profile names credentials; it holds none.
both = nbcloud.Gate(
    "both",
    targets={
        "home": nbcloud.hpcai.InstanceArgs(instance_id=config.require("instanceId")),
        "east": nbcloud.hpcai.InstanceArgs(instance_id=config.require("eastInstanceId"), profile="east"),
    },
    timeout="1h",
)
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input="both regions", opts=pulumi.ResourceOptions(depends_on=[both]))

pulumi.export("home", both.states["home"]["status"])
pulumi.export("east", both.states["east"]["status"])
