"""Records a notebook's lease and an instance; a nightly job compares them.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/drift
    pulumi stack init mock
    pulumi config set-all \
        --plaintext notebookId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01 \
        --plaintext instanceId=notebook-4f1c6d5e
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # records both; the instance starts 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()

lease = nbcloud.modelarts.NotebookLease("training", notebook_id=config.require("notebookId"))
instance = nbcloud.hpcai.Instance("serving", instance_id=config.require("instanceId"))

pulumi.export("leaseExpiresAt", lease.expire_time)
pulumi.export("instance", instance.status)
