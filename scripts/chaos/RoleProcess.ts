import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type RoleState = { role: string; pid: number; state: string; [field: string]: unknown };

const processes = join(import.meta.dirname, "..", "..", "offchain", "processes");

/** One role of the exchange as a process of its own, to be watched and mistreated. */
export class RoleProcess {
	readonly states: RoleState[] = [];
	readonly exit: Promise<number | null>;
	errors = "";
	private readonly child: ChildProcess;
	private readonly waiting = new Set<() => void>();
	private hasEnded = false;
	private isStopped = false;

	constructor(role: "api" | "engine" | "grid" | "worker", environment: Record<string, string>, clock?: object) {
		const args = [join(processes, `${role}.ts`)];
		if (clock !== undefined) args.push("--clock", JSON.stringify(clock));
		this.child = spawn(process.execPath, args, {
			stdio: ["ignore", "pipe", "pipe"],
			env: { PATH: process.env.PATH ?? "", LOG_LEVEL: "warn", ...environment },
		});
		this.child.stderr?.on("data", (data: Buffer) => {
			this.errors = (this.errors + data.toString()).slice(-20_000);
		});
		createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
			this.states.push(JSON.parse(line) as RoleState);
			for (const look of this.waiting) look();
		});
		this.exit = new Promise((resolve) => {
			this.child.once("exit", (code) => {
				this.hasEnded = true;
				resolve(code);
				for (const look of this.waiting) look();
			});
		});
	}

	get pid(): number {
		return this.child.pid as number;
	}

	get isRunning(): boolean {
		return !this.hasEnded;
	}

	get isFrozen(): boolean {
		return this.isStopped;
	}

	/** The state it told last. */
	get state(): string {
		return this.states.at(-1)?.state ?? "starting";
	}

	/** Resolves with the first telling of a state; rejects when the process ends or does not say it in time. */
	whenState(state: string, timeoutMillis = 30_000): Promise<RoleState> {
		return new Promise((resolve, reject) => {
			const finish = (result: RoleState | Error): void => {
				this.waiting.delete(look);
				clearTimeout(timer);
				if (result instanceof Error) reject(result);
				else resolve(result);
			};
			const look = (): void => {
				const told = this.states.find((one) => one.state === state);
				if (told !== undefined) finish(told);
				else if (this.hasEnded) finish(new Error(`the process ended before it was ${state}: ${this.errors}`));
			};
			const timer = setTimeout(
				() => finish(new Error(`not ${state} within ${timeoutMillis} ms: ${this.errors}`)),
				timeoutMillis,
			);
			this.waiting.add(look);
			look();
		});
	}

	/** SIGSTOP: alive, silent, holding everything it holds. */
	freeze(): void {
		this.isStopped = true;
		this.child.kill("SIGSTOP");
	}

	thaw(): void {
		this.isStopped = false;
		this.child.kill("SIGCONT");
	}

	/** SIGKILL: a stopped process dies as well. */
	async kill(): Promise<void> {
		this.child.kill("SIGKILL");
		await this.exit;
	}

	/** SIGTERM: in order. */
	async stop(): Promise<number | null> {
		if (this.isStopped) this.thaw();
		this.child.kill("SIGTERM");
		return this.exit;
	}
}
