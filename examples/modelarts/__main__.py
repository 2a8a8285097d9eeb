"""Records a DevServer job, waits until it has finished on every node, and lists the jobs that have not."""

import pulumi
import pulumi_nbcloud as nbcloud

job_id = pulumi.Config().require("jobId")

# Record: kept in state; `pulumi refresh` shows what has changed since.
job = nbcloud.modelarts.DevServerJob("upgrade", job_id=job_id)
pulumi.export("startedBy", job.user_name)

# Wait: until it is FINISHED. It fails at once where nodes failed, or where somebody deleted the job.
done = nbcloud.Gate("done", target=job, timeout="1h")
after = pulumi.ResourceOptions(depends_on=[done])
serving = pulumi.ComponentResource("example:index:Serving", "serving", opts=after)

# Look up: fresh on every run; here once the gate has let go.
once_done = pulumi.InvokeOutputOptions(depends_on=[done])
running = nbcloud.modelarts.get_dev_server_jobs_output(status="PROCESSING", opts=once_done)
pulumi.export("stillRunning", running.jobs.apply(lambda each: [one.name for one in each]))
pulumi.export("listIsWhole", running.truncated.apply(lambda truncated: not truncated))
