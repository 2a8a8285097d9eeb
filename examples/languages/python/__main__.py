"""Waits for a job over many updates, then for what three clouds have: the same program in four languages.

docs/guides/languages.md says how to run it on the mock clouds, which need no account.
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()
notebook_id = config.require("notebookId")
instance_id = config.require("instanceId")

# Look up: fresh on every run. The program ends here where the notebook does not run.
lease = nbcloud.modelarts.get_notebook_lease(notebook_id, expect="running")

# Record: kept in state; `pulumi refresh` shows what has changed since.
notebook = nbcloud.modelarts.NotebookLease("notebook", notebook_id=notebook_id)
existing = nbcloud.hpcai.Instance("existing", instance_id=instance_id)

# Wait for days: each update waits ten minutes, and all of them have one deadline.
trained = nbcloud.Gate(
    "trained",
    target=nbcloud.modelarts.DevServerJobArgs(job_id=config.require("jobId")),
    timeout="48h",
    hold=config.require("hold"),
)

# Wait for three clouds at once. The id of the job comes from the gate before, so this one begins after it.
ready = nbcloud.Gate(
    "ready",
    targets={
        "job": nbcloud.modelarts.DevServerJobArgs(job_id=trained.states["self"]["job_id"]),
        "instance": nbcloud.hpcai.InstanceArgs(instance_id=instance_id),
        "session": nbcloud.aidp.NotebookSessionArgs(
            ai_data_platform_id=config.require("platformId"),
            workspace_key=config.require("workspaceKey"),
            session_id=config.require("sessionId"),
        ),
    },
    until='job.status == "FINISHED" && instance.healthy && session.lifecycle_state == "ACTIVE"',
    timeout="1h",
)

# Look up once the gate has opened.
current = nbcloud.hpcai.get_instance_output(instance_id, opts=pulumi.InvokeOutputOptions(depends_on=[ready]))

pulumi.export("leaseType", lease.type)
pulumi.export("leaseExpires", notebook.expire_time)
pulumi.export("instance", existing.name)
pulumi.export("trainedOutcome", trained.outcome)
pulumi.export("readyOutcome", ready.outcome)
pulumi.export("polls", ready.polls)
pulumi.export("owner", current.apply(lambda each: each.instance_metadata and each.instance_metadata.instance_username))
