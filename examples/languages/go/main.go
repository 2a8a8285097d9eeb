// Waits for a job over many updates, then for what three clouds have: the same program in four languages.
// docs/guides/languages.md says how to run it on the mock clouds, which need no account.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"nbcloud.invalid/pulumi-nbcloud/sdk/go/nbcloud"
	"nbcloud.invalid/pulumi-nbcloud/sdk/go/nbcloud/hpcai"
	"nbcloud.invalid/pulumi-nbcloud/sdk/go/nbcloud/modelarts"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")
	notebookID := settings.Require("notebookId")
	instanceID := settings.Require("instanceId")

	// Look up: fresh on every run. The program ends here where the notebook does not run.
	lease, err := modelarts.LookupNotebookLease(ctx, &modelarts.LookupNotebookLeaseArgs{
		NotebookId: notebookID,
		Expect:     pulumi.StringRef("running"),
	})
	if err != nil {
		return err
	}

	// Record: kept in state; `pulumi refresh` shows what has changed since.
	notebook, err := modelarts.NewNotebookLease(ctx, "notebook", &modelarts.NotebookLeaseArgs{
		NotebookId: pulumi.String(notebookID),
	})
	if err != nil {
		return err
	}
	existing, err := hpcai.GetInstance(ctx, "existing", pulumi.ID(instanceID), nil)
	if err != nil {
		return err
	}

	// Wait for days: each update waits ten minutes, and all of them have one deadline, which `begun` keeps.
	job := nbcloud.ModelartsDevServerJobTargetArgs{
		Kind:  pulumi.String("modelarts:DevServerJob"),
		JobId: pulumi.String(settings.Require("jobId")),
	}
	begun, err := nbcloud.NewWaitStart(ctx, "trained", &nbcloud.WaitStartArgs{
		Target:  job,
		Timeout: pulumi.String("48h"),
	})
	if err != nil {
		return err
	}
	trained, err := nbcloud.NewGate(ctx, "trained", &nbcloud.GateArgs{
		Target:    job,
		Timeout:   pulumi.String("48h"),
		Hold:      pulumi.String(settings.Require("hold")),
		WaitStart: begun.WaitStart,
	})
	if err != nil {
		return err
	}

	// Wait for three clouds at once. The id of the job comes from the gate before, so this one begins after it.
	ready, err := nbcloud.NewGate(ctx, "ready", &nbcloud.GateArgs{
		Targets: pulumi.Map{
			"job": nbcloud.ModelartsDevServerJobTargetArgs{
				Kind:  pulumi.String("modelarts:DevServerJob"),
				JobId: jobOf(trained),
			},
			"instance": nbcloud.HpcaiInstanceTargetArgs{
				Kind:       pulumi.String("hpcai:Instance"),
				InstanceId: pulumi.String(instanceID),
			},
			"session": nbcloud.AidpNotebookSessionTargetArgs{
				Kind:             pulumi.String("aidp:NotebookSession"),
				AiDataPlatformId: pulumi.String(settings.Require("platformId")),
				WorkspaceKey:     pulumi.String(settings.Require("workspaceKey")),
				SessionId:        pulumi.String(settings.Require("sessionId")),
			},
		},
		Until:   pulumi.String(`job.status == "FINISHED" && instance.healthy && session.lifecycle_state == "ACTIVE"`),
		Timeout: pulumi.String("1h"),
	})
	if err != nil {
		return err
	}

	// Look up once the gate has opened.
	current := hpcai.LookupInstanceOutput(ctx, hpcai.LookupInstanceOutputArgs{
		InstanceId: pulumi.String(instanceID),
	}, pulumi.DependsOn([]pulumi.Resource{ready}))

	ctx.Export("leaseType", pulumi.StringPtrFromPtr(lease.Type))
	ctx.Export("leaseExpires", notebook.ExpireTime)
	ctx.Export("instance", existing.Name)
	ctx.Export("trainedOutcome", trained.Outcome)
	ctx.Export("readyOutcome", ready.Outcome)
	ctx.Export("polls", ready.Polls)
	ctx.Export("owner", current.InstanceMetadata().InstanceUsername())
	return nil
}

// jobOf is the id of the job that a gate has waited for.
func jobOf(gate *nbcloud.Gate) pulumi.StringOutput {
	return gate.States.ApplyT(func(states map[string]map[string]any) string {
		id, _ := states["self"]["job_id"].(string)
		return id
	}).(pulumi.StringOutput)
}
