"""Waits for a job, a notebook, an instance and a session: one gate for all.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/several
    pulumi stack init mock
    pulumi config set-all \
        --plaintext jobId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04 \
        --plaintext notebookId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e03 \
        --plaintext instanceId=notebook-4f1c6d5e \
        --plaintext platformId=ocid1.aidataplatform.oc1.mock.first \
        --plaintext workspaceKey=mock-workspace \
        --plaintext sessionId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e05 \
        --plaintext interval=2s
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # all are ready 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()
session = nbcloud.aidp.NotebookSessionArgs(
    ai_data_platform_id=config.require("platformId"),
    workspace_key=config.require("workspaceKey"),
    session_id=config.require("sessionId"),
)

# Without `until`, what each kind counts as ready: the job has finished without abnormal nodes, the notebook runs, the
# instance runs and is healthy, the session's kernel is idle or busy.
ready = nbcloud.Gate(
    "ready",
    targets={
        "job": nbcloud.modelarts.DevServerJobArgs(job_id=config.require("jobId")),
        "lease": nbcloud.modelarts.NotebookLeaseArgs(notebook_id=config.require("notebookId")),
        "instance": nbcloud.hpcai.InstanceArgs(instance_id=config.require("instanceId")),
        "session": session,
    },
    timeout="1h",
    # Every 30 s unless said otherwise: each poll of a session may keep its cluster awake, and billed.
    interval=config.get("interval"),
)
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=config.require("jobId"), opts=pulumi.ResourceOptions(depends_on=[ready]))

pulumi.export("readySince", ready.met_time)
pulumi.export("job", ready.states["job"]["status"])
