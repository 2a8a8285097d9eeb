"""Deploys once the kernel of a notebook session has been idle for a while.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/idle_kernel
    pulumi stack init mock
    pulumi config set-all \
        --plaintext platformId=ocid1.aidataplatform.oc1.mock.first \
        --plaintext workspaceKey=mock-workspace \
        --plaintext sessionId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e05 \
        --plaintext idleFor=3s \
        --plaintext interval=1s
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # the kernel is up 30 s after the reset, and stays idle
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

# A poll that finds the kernel busy starts the half hour again.
idle = nbcloud.Gate(
    "idle",
    target=session,
    until="idle",
    holds_for=config.require("idleFor"),
    interval=config.require("interval"),
    timeout="8h",
)
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=config.require("sessionId"), opts=pulumi.ResourceOptions(depends_on=[idle]))

pulumi.export("idleAt", idle.met_time)
