"""Deploys once all jobs of one name have finished.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]"
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/job_list
    pulumi stack init mock
    pulumi config set-all \
        --plaintext jobName=diagnosis \
        --plaintext jobCount=1
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # the mock's only job ends 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_nbcloud as nbcloud

config = pulumi.Config()
count = int(config.require("jobCount"))

finished = nbcloud.Gate(
    "finished",
    target=nbcloud.modelarts.DevServerJobsArgs(name=config.require("jobName")),
    until=f'size(self.jobs) >= {count} && self.jobs.all(j, j.status == "FINISHED")',
    fail_on="self.jobs.exists(j, has(j.abnormal_count) && j.abnormal_count > 0)",
    timeout="2h",
)
# Stands for your deployment: a resource of Pulumi itself, which needs no plugin.
serving = pulumi.Stash("serving", input=count, opts=pulumi.ResourceOptions(depends_on=[finished]))

pulumi.export("finishedAt", finished.met_time)
