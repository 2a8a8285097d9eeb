"""Fails each preview and each update where a notebook does not run.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/guard
    pulumi stack init mock
    pulumi config set notebookId 4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # the mock's first notebook runs
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

# Read in each preview and each update. Where the condition does not hold, nothing is created, changed or deleted.
lease = nbcloud.modelarts.get_notebook_lease(pulumi.Config().require("notebookId"), expect="running")

# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=lease.notebook_id)

pulumi.export("leaseExpiresAt", lease.expire_time)
