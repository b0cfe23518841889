/**
 * A small process of its own that starts PostgreSQL and the local chain and ends them again when its parent does, in
 * whatever way: the parent's end of standard input closes even at `kill -9`. Started only by `startLocalServices`.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedPostgres } from "./EmbeddedPostgres.ts";
import type { GuardianMessage, GuardianOptions, GuardianRecord } from "./guardianProtocol.ts";
import { LocalChain } from "./LocalChain.ts";
import { LocalServiceError } from "./LocalServiceError.ts";
import { endProcess, isAlive, runsProgram } from "./processLife.ts";

/** How much of the chain can be lost when this process and the chain are killed in the same instant. */
const SAVE_EVERY_MILLIS = 2_000;

const options = JSON.parse(process.argv[2] ?? "{}") as GuardianOptions;
const recordPath = join(options.stateDir, "guardian.json");

let postgres: EmbeddedPostgres | null = null;
let chain: LocalChain | null = null;
let isEnding = false;

// The parent may be gone at any moment: a broken pipe must not end us before the services are down.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
process.stdin.on("data", () => void end(0));
process.stdin.on("end", () => void end(0));
process.stdin.on("close", () => void end(0));

try {
	await endLeftoverChain();
	record();
	const startingPostgres = EmbeddedPostgres.start(options.stateDir, options.databasePort).then((started) => {
		postgres = started;
		record();
	});
	const startingChain = LocalChain.start(
		options.stateDir,
		options.rpcPort,
		options.chainId,
		options.genesisSeconds,
	).then((started) => {
		chain = started;
		record();
	});
	const outcomes = await Promise.allSettled([startingPostgres, startingChain]);
	const failed = outcomes.find((outcome) => outcome.status === "rejected");
	if (failed !== undefined) throw failed.reason;
	await announce();
} catch (error) {
	say(describe(error));
	await end(1);
}

async function announce(): Promise<void> {
	if (postgres === null || chain === null) throw new Error("unreachable: both services have started");
	postgres.process.once("exit", () => died("POSTGRES_FAILED", "PostgreSQL stopped by itself; see services.log."));
	chain.process.once("exit", () => died("CHAIN_FAILED", "The local chain stopped by itself; see services.log."));
	if (isEnding) return;
	say({ type: "ready", databaseUrl: postgres.databaseUrl, rpcUrl: chain.rpcUrl });
	const running = chain;
	setInterval(() => {
		running.save().catch((error: Error) => process.stderr.write(`chain state not saved: ${error.message}\n`));
	}, SAVE_EVERY_MILLIS).unref();
}

function died(code: "POSTGRES_FAILED" | "CHAIN_FAILED", message: string): void {
	if (isEnding) return;
	say({ type: "failed", code, message });
}

async function end(exitCode: number): Promise<void> {
	if (isEnding) return;
	isEnding = true;
	await Promise.allSettled([chain?.stop(), postgres?.stop()]);
	rmSync(recordPath, { force: true });
	process.exit(exitCode);
}

/** A chain whose guardian was killed before it. */
async function endLeftoverChain(): Promise<void> {
	if (!existsSync(recordPath)) return;
	const { chainPid } = JSON.parse(readFileSync(recordPath, "utf8")) as GuardianRecord;
	if (chainPid !== null && isAlive(chainPid) && runsProgram(chainPid, "anvil")) {
		await endProcess(chainPid, "SIGTERM", 5_000);
	}
}

function record(): void {
	const contents: GuardianRecord = {
		guardianPid: process.pid,
		parentPid: options.parentPid,
		chainPid: chain?.process.pid ?? null,
		postgresPid: postgres?.process.pid ?? null,
	};
	writeFileSync(recordPath, JSON.stringify(contents));
}

function say(message: GuardianMessage): void {
	process.stdout.write(`${JSON.stringify(message)}\n`);
}

function describe(error: unknown): GuardianMessage {
	if (error instanceof LocalServiceError) return { type: "failed", code: error.code, message: error.message };
	const text = error instanceof Error ? error.message : String(error);
	const isFull = /ENOSPC/.test(text);
	return {
		type: "failed",
		code: isFull ? "DISK_FULL" : "GUARDIAN_FAILED",
		message: isFull ? `The disk that holds ${options.stateDir} is full.` : (text.split("\n")[0] ?? text),
	};
}
