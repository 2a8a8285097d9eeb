"""Creates a Kubernetes Deployment once a job has finished.

Try it on the mock clouds, which need no account:

    pip install "pulumi-nbcloud[mock]" pulumi-kubernetes
    nbcloud mock        # in a terminal of its own; it prints lines "export ..."

Paste these lines into another terminal, and go on there:

    cd examples/recipes/kubernetes
    pulumi stack init mock
    pulumi config set-all \
        --plaintext jobId=4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04 \
        --plaintext image=registry.example.com/model:1 \
        --plaintext kubernetes:renderYamlToDirectory=rendered
    curl -so /dev/null -X POST $NBCLOUD_MODELARTS_ENDPOINT/_mock/reset
    pulumi up           # the job ends 30 s after the reset
    pulumi destroy
"""

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_nbcloud as nbcloud

config = pulumi.Config()
job_id, image = config.require("jobId"), config.require("image")
labels = {"app": "model"}

# Waits until the job is FINISHED without a failed node. A job that fails or is deleted ends the update at once.
trained = nbcloud.Gate("trained", target=nbcloud.modelarts.DevServerJobArgs(job_id=job_id), timeout="4h")

# Kubernetes creates it after the job, and rolls it out again after the next: the job's id is in the pods' template.
model = kubernetes.apps.v1.Deployment(
    "model",
    spec=kubernetes.apps.v1.DeploymentSpecArgs(
        replicas=2,
        selector=kubernetes.meta.v1.LabelSelectorArgs(match_labels=labels),
        template=kubernetes.core.v1.PodTemplateSpecArgs(
            metadata=kubernetes.meta.v1.ObjectMetaArgs(labels=labels, annotations={"example.com/trained-by": job_id}),
            spec=kubernetes.core.v1.PodSpecArgs(
                containers=[kubernetes.core.v1.ContainerArgs(name="model", image=image)],
            ),
        ),
    ),
    opts=pulumi.ResourceOptions(depends_on=[trained]),
)

pulumi.export("trainedAt", trained.met_time)
pulumi.export("deployment", model.metadata.name)
