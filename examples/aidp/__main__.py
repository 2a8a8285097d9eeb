"""Records a session of Oracle AI Data Platform, waits until its kernel is up.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/aidp
    pulumi stack init mock
    pulumi config set-all \
        --plaintext platformId=ocid1.aidataplatform.oc1.mock.first \
        --plaintext workspaceKey=mock-workspace \
        --plaintext sessionId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e05
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # the kernel is up 30 s after the reset
    pulumi destroy
"""

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
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=workspace_key, opts=pulumi.ResourceOptions(depends_on=[ready]))

# Look up: fresh on every run; here once the gate has let go.
current = nbcloud.aidp.get_notebook_session_output(
    platform_id, workspace_key, config.require("sessionId"), opts=pulumi.InvokeOutputOptions(depends_on=[ready])
)
pulumi.export("cluster", current.cluster_id)
pulumi.export("kernel", current.kernel.apply(lambda kernel: kernel and kernel.execution_state))
