"""Deploys after a job of 40 hours; each update waits a few minutes.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/long_job
    pulumi stack init mock
    pulumi config set-all \
        --plaintext jobId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04 \
        --plaintext hold=0
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # exit code 10, until the job ends 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()

# 48 hours in all, however many updates that takes; the stack itself keeps the deadline.
trained = nbcloud.Gate(
    "trained",
    target=nbcloud.modelarts.DevServerJobArgs(job_id=config.require("jobId")),
    timeout="48h",
    hold=config.require("hold"),
)
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=config.require("jobId"), opts=pulumi.ResourceOptions(depends_on=[trained]))

pulumi.export("outcome", trained.outcome)
