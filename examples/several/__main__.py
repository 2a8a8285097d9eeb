"""Holds a deployment until a job, a notebook, an instance and a session are ready: three clouds, one gate."""

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
    # Every 30 s unless said otherwise: each look at a session may keep its cluster awake, and billed.
    interval=config.get("interval"),
)
after = pulumi.ResourceOptions(depends_on=[ready])
serving = pulumi.ComponentResource("example:index:Serving", "serving", opts=after)

pulumi.export("readySince", ready.met_time)
pulumi.export("job", ready.states["job"]["status"])
