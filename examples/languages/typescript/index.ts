// Waits for a job over many updates, then for what three clouds have: the same program in four languages.
// docs/guides/languages.md says how to run it on the mock clouds, which need no account.
import * as pulumi from "@pulumi/pulumi";
import * as nbcloud from "pulumi-nbcloud";

const config = new pulumi.Config();
const notebookId = config.require("notebookId");
const jobId = config.require("jobId");
const instanceId = config.require("instanceId");

// Look up: fresh on every run. The program ends here where the notebook does not run.
const lease = nbcloud.modelarts.getNotebookLeaseOutput({ notebookId, expect: "running" });

// Record: kept in state; `pulumi refresh` shows what has changed since.
const notebook = new nbcloud.modelarts.NotebookLease("notebook", { notebookId });
const existing = nbcloud.hpcai.Instance.get("existing", instanceId);

// Wait for days: each update waits ten minutes, and all of them have one deadline, which `begun` keeps.
const wait: nbcloud.WaitStartArgs = { target: { kind: "modelarts:DevServerJob", jobId }, timeout: "48h" };
const begun = new nbcloud.WaitStart("trained", wait);
const trained = new nbcloud.Gate("trained", { ...wait, hold: config.require("hold"), waitStart: begun.waitStart });

// Wait for three clouds at once. The id of the job comes from the gate before, so this one begins after it.
const ready = new nbcloud.Gate("ready", {
    targets: {
        job: { kind: "modelarts:DevServerJob", jobId: trained.states.apply((states) => states["self"]["job_id"]) },
        instance: { kind: "hpcai:Instance", instanceId },
        session: {
            kind: "aidp:NotebookSession",
            aiDataPlatformId: config.require("platformId"),
            workspaceKey: config.require("workspaceKey"),
            sessionId: config.require("sessionId"),
        },
    },
    until: 'job.status == "FINISHED" && instance.healthy && session.lifecycle_state == "ACTIVE"',
    timeout: "1h",
});

// Look up once the gate has opened.
const current = nbcloud.hpcai.getInstanceOutput({ instanceId }, { dependsOn: [ready] });

export const leaseType = lease.type;
export const leaseExpires = notebook.expireTime;
export const instance = existing.name;
export const trainedOutcome = trained.outcome;
export const readyOutcome = ready.outcome;
export const polls = ready.polls;
export const owner = current.apply((each) => each.instanceMetadata?.instanceUsername);
