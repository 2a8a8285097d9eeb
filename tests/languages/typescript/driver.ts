// Runs one command of the Automation API with the program of this folder.
import { LocalWorkspace } from "@pulumi/pulumi/automation";

async function drive(command: string): Promise<void> {
    const stack = await LocalWorkspace.selectStack(
        { stackName: process.env.PULUMI_STACK!, projectName: "probe", program: async () => require("./index") },
        { workDir: process.cwd() },
    );
    const options = {
        onOutput: (text: string) => process.stdout.write(text),
        onError: (text: string) => process.stderr.write(text),
    };
    switch (command) {
        case "up":
            await stack.up(options);
            break;
        case "preview":
            await stack.preview(options);
            break;
        case "refresh":
            await stack.refresh(options);
            break;
        case "destroy":
            await stack.destroy(options);
            break;
        default:
            throw new Error(`no command is called ${command}`);
    }
}

drive(process.argv[2]).then(
    () => process.exit(0),
    (error) => {
        // In either of two forms: "code: 255", or "Command failed with exit code 10".
        const code = /(?:code:|exit code) (\d+)/.exec(String(error));
        if (code === null) {
            console.error(error);
        }
        process.exit(code === null ? 70 : Number(code[1]));
    },
);
