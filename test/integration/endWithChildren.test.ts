import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { isAlive } from "../../offchain/infrastructure/local/processLife.ts";

const module = join(import.meta.dirname, "..", "..", "scripts", "endWithChildren.ts");

/** Starts a child of its own, a grandchild and a frozen one, says who they are, and goes on for ever. */
const PROGRAM = `
	import { spawn } from "node:child_process";
	import { endWithChildren } from ${JSON.stringify(module)};
	endWithChildren(async () => console.log("tidied up"));
	const child = spawn("sleep", ["1000"]);
	const shell = spawn("sh", ["-c", "sleep 1000 & echo $!; wait"]);
	const frozen = spawn("sleep", ["1000"]);
	frozen.kill("SIGSTOP");
	shell.stdout.once("data", (data) => console.log(JSON.stringify([child.pid, shell.pid, frozen.pid, Number(data)])));
	setInterval(() => undefined, 1000);
`;

describe("X5 a chaos run that is broken off", function () {
	this.timeout(20_000);
	if (process.platform !== "linux") return;

	for (const [signal, exitCode] of [
		["SIGINT", 130],
		["SIGTERM", 143],
	] as const) {
		it(`behavior: ${signal} ends every process it has started, the frozen one and the grandchild included`, async () => {
			const run = spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", PROGRAM], {
				stdio: ["ignore", "pipe", "inherit"],
			});
			const lines = createInterface({ input: run.stdout });
			const [first] = (await once(lines, "line")) as [string];
			const pids = JSON.parse(first) as number[];
			expect(pids).to.have.length(4);
			expect(pids.every(isAlive)).to.equal(true);
			const rest: string[] = [];
			lines.on("line", (line) => rest.push(line));
			run.kill(signal);
			const [code] = (await once(run, "close")) as [number];
			expect(code).to.equal(exitCode);
			expect(rest).to.deep.equal(["tidied up"]);
			expect(pids.filter(isAlive)).to.deep.equal([]);
		});
	}
});
