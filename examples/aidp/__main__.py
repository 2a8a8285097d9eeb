"""Records a notebook session of Oracle AI Data Platform, waits until its kernel can be used, and looks it up again."""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()
platform_id, workspace_key = config.require("platformId"), config.require("workspaceKey")

# Record: kept in state; `pulumi refresh` shows what has changed since.
session = nbcloud.aidp.NotebookSession(
    "session", ai_data_platform_id=platform_id, workspace_key=workspace_key, session_id=config.require("sessionId")
)

# Wait: until the session is active and its kernel idle or busy. It fails at once where the session has failed or the
# kernel is dead. It polls every 30 s, because each poll may keep the session's cluster awake, and billed.
ready = nbcloud.Gate("ready", target=session, timeout="30m")
after = pulumi.ResourceOptions(depends_on=[ready])
serving = pulumi.ComponentResource("example:index:Serving", "serving", opts=after)

# Look up: fresh on every run; here once the gate has let go.
current = nbcloud.aidp.get_notebook_session_output(
    platform_id, workspace_key, config.require("sessionId"), opts=pulumi.InvokeOutputOptions(depends_on=[ready])
)
pulumi.export("cluster", current.cluster_id)
pulumi.export("kernel", current.kernel.apply(lambda kernel: kernel and kernel.execution_state))
