import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DemoReport } from "../../offchain/simulators/report/DemoReport.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** `npm run demo -- …` as a process of its own, small and fast; what it says can be waited for. */
export class DemoProcess {
	said = "";
	printed = "";
	readonly exit: Promise<number | null>;
	readonly #child: ChildProcess;

	constructor(stateDir: string, args: readonly string[] = [], env: Record<string, string> = {}) {
		const sized = ["--json", "--windows", "2", "--seconds-per-window", "8", "--participants", "200"];
		const command = ["offchain/processes/demo.ts", "--port", "0", "--state-dir", stateDir, ...sized, ...args];
		this.#child = spawn(process.execPath, command, {
			cwd: ROOT,
			env: { ...process.env, ...env },
			stdio: ["ignore", "pipe", "pipe"],
		});
		this.#child.stderr?.on("data", (data: Buffer) => {
			this.said += data;
		});
		this.#child.stdout?.on("data", (data: Buffer) => {
			this.printed += data;
		});
		this.exit = new Promise((resolve) => this.#child.once("close", (code) => resolve(code)));
	}

	get isRunning(): boolean {
		return this.#child.exitCode === null && this.#child.signalCode === null;
	}

	/** Resolves when `text` was said; throws with all that was said when the process ends before. */
	async whenSaid(text: string): Promise<void> {
		while (!this.said.includes(text)) {
			if (!this.isRunning) throw new Error(`ended before saying "${text}":\n${this.said}`);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}

	/** Where the page is; only after "trading" was said. */
	get url(): string {
		return / at (http:\S+)/.exec(this.said)?.[1] ?? "";
	}

	kill(signal: NodeJS.Signals): void {
		this.#child.kill(signal);
	}

	report(): DemoReport {
		return JSON.parse(this.printed.trim().split("\n").at(-1) ?? "") as DemoReport;
	}
}

/** Processes the state directory's guardian started and that still live. */
export function livingServices(stateDir: string): number[] {
	const file = join(stateDir, "guardian.json");
	if (!existsSync(file)) return [];
	const { guardianPid, chainPid, postgresPid } = JSON.parse(readFileSync(file, "utf8")) as Record<
		string,
		number | null
	>;
	return [guardianPid, chainPid, postgresPid].filter(
		(pid) => pid !== null && pid !== undefined && isAlive(pid),
	) as number[];
}

/** Waits until every service is gone; throws after ten seconds. */
export async function whenServicesEnded(stateDir: string): Promise<void> {
	const deadline = Date.now() + 10_000;
	while (livingServices(stateDir).length > 0) {
		if (Date.now() > deadline) throw new Error(`still alive: ${livingServices(stateDir).join(", ")}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
