"""Tries a gate as advice, and makes it binding once it is trusted.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/canary
    pulumi stack init mock
    pulumi config set-all \
        --plaintext jobId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04 \
        --plaintext release=v1 \
        --plaintext timeout=0
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # warns, and goes on: the job ends 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()
release = config.require("release")

checked = nbcloud.Gate(
    "checked",
    target=nbcloud.modelarts.DevServerJobArgs(job_id=config.require("jobId")),
    timeout=config.require("timeout"),
    enforcement="mandatory" if config.require("trusted") == "yes" else "advisory",
    triggers=[release],
)
# Stands for your rollout: a resource of Pulumi itself, which needs no plugin.
rollout = pulumi.Stash("rollout", input=release, opts=pulumi.ResourceOptions(depends_on=[checked]))

pulumi.export("release", rollout.input)
pulumi.export("outcome", checked.outcome)
