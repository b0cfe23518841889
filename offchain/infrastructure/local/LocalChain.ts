import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { LocalServiceError } from "./LocalServiceError.ts";
import { endProcess, whenExited } from "./processLife.ts";
import { replaceFile } from "./replaceFile.ts";
import { chainBinary } from "./serviceBinaries.ts";

const START_TIMEOUT_MILLIS = 15_000;

/**
 * A native EVM chain (anvil) that never mines by itself: whoever owns the clock mines. Its state file is written whole
 * and renamed, so a crash leaves the last complete one; blocks, receipts, logs and hashes are the same after a restart.
 */
export class LocalChain {
	readonly rpcUrl: string;
	readonly process: ChildProcess;
	private readonly statePath: string;
	private savedBlock = -1;
	private saving: Promise<void> = Promise.resolve();

	private constructor(rpcUrl: string, child: ChildProcess, statePath: string) {
		this.rpcUrl = rpcUrl;
		this.process = child;
		this.statePath = statePath;
	}

	static async start(stateDir: string, port: number, chainId: number, genesisSeconds: number): Promise<LocalChain> {
		const statePath = join(stateDir, "chain.json");
		const args = ["--host", "127.0.0.1", "--port", String(port), "--chain-id", String(chainId)];
		args.push("--no-mining", "--accounts", "2", "--quiet", "--no-request-size-limit");
		args.push("--cache-path", join(stateDir, "chain-cache"), "--timestamp", String(genesisSeconds));
		if (existsSync(statePath)) args.push("--load-state", statePath);
		const child = spawn(chainBinary(), args, { stdio: ["ignore", "ignore", "pipe"] });
		let output = "";
		child.stderr?.on("data", (data: Buffer) => {
			output = (output + data.toString()).slice(-4_000);
			process.stderr.write(data);
		});
		let hasEnded = false;
		child.once("exit", () => {
			hasEnded = true;
		});
		child.once("error", (error) => {
			hasEnded = true;
			output = error.message;
		});
		const chain = new LocalChain(`http://127.0.0.1:${port}`, child, statePath);
		const deadline = performance.now() + START_TIMEOUT_MILLIS;
		for (;;) {
			if (hasEnded || performance.now() > deadline) {
				child.kill("SIGKILL");
				const cause = output.trim().split("\n").at(-1) || "no output";
				throw new LocalServiceError("CHAIN_FAILED", `The local chain did not start: ${cause}`);
			}
			const answered = await chain.call("eth_chainId", []).catch(() => null);
			if (answered !== null) return chain;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}

	/** Writes the state file when there are new blocks. Calls queue up behind each other. */
	save(): Promise<void> {
		this.saving = this.saving.catch(() => undefined).then(() => this.saveNow());
		return this.saving;
	}

	async stop(): Promise<void> {
		if (this.process.exitCode !== null || this.process.signalCode !== null) return;
		await this.save().catch((error: Error) => process.stderr.write(`chain state not saved: ${error.message}\n`));
		if (this.process.pid !== undefined) await endProcess(this.process.pid, "SIGTERM", 5_000);
		await whenExited(this.process);
	}

	private async saveNow(): Promise<void> {
		const block = Number(await this.call("eth_blockNumber", []));
		if (block === this.savedBlock) return;
		const dump = (await this.call("anvil_dumpState", [])) as string;
		replaceFile(this.statePath, gunzipSync(Buffer.from(dump.slice(2), "hex")));
		this.savedBlock = block;
	}

	private async call(method: string, params: unknown[]): Promise<unknown> {
		const response = await fetch(this.rpcUrl, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
			signal: AbortSignal.timeout(10_000),
		});
		const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
		if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
		return answer.result;
	}
}
