"""Records a DevServer job, waits until it has finished, lists the others.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/modelarts
    pulumi stack init mock
    pulumi config set jobId 4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # the job ends 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

job_id = pulumi.Config().require("jobId")

# Record: kept in state; `pulumi refresh` shows what has changed since.
job = nbcloud.modelarts.DevServerJob("upgrade", job_id=job_id)
pulumi.export("startedBy", job.user_name)

# Wait: until it is FINISHED. It fails at once where nodes failed, or where somebody deleted the job.
done = nbcloud.Gate("done", target=job, timeout="1h")
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=job_id, opts=pulumi.ResourceOptions(depends_on=[done]))

# Look up: fresh on every run; here once the gate has let go.
once_done = pulumi.InvokeOutputOptions(depends_on=[done])
running = nbcloud.modelarts.get_dev_server_jobs_output(status="PROCESSING", opts=once_done)
pulumi.export("stillRunning", running.jobs.apply(lambda each: [one.name for one in each]))
pulumi.export("listIsWhole", running.truncated.apply(lambda truncated: not truncated))
