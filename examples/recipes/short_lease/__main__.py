"""Rolls a release out only where the lease of its notebook lasts long enough.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/short_lease
    pulumi stack init mock
    pulumi config set-all \
        --plaintext notebookId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01 \
        --plaintext release=v1
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # fails: the mock's notebook has a lease of one hour
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()
release = config.require("release")

# Polls once: a lease that is short now does not get longer while an update waits.
lease_lasts = nbcloud.Gate(
    "lease-lasts",
    target=nbcloud.modelarts.NotebookLeaseArgs(notebook_id=config.require("notebookId")),
    until='self.running && (!self.stops_itself || self.earliest_stop_time - now > duration("2h"))',
    timeout="0",
    triggers=[release],
)
# Stands for your rollout: a resource of Pulumi itself, which needs no plugin.
rollout = pulumi.Stash("rollout", input=release, opts=pulumi.ResourceOptions(depends_on=[lease_lasts]))

pulumi.export("release", rollout.input)
