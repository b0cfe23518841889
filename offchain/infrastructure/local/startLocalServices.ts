import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePort, isPortFree } from "./freePort.ts";
import { type GuardianMessage, type GuardianOptions, type GuardianRecord, STOP_WORD } from "./guardianProtocol.ts";
import { LocalServiceError } from "./LocalServiceError.ts";
import { isAlive, runsProgram, waitForEnd, whenExited } from "./processLife.ts";

/** A fresh database cluster with its log segments needs about 100 MB. */
const LEAST_FREE_BYTES = 300_000_000;
/** A guardian whose parent has died needs at most this long to end both services. */
const LEFTOVER_TIMEOUT_MILLIS = 30_000;

export type LocalServices = {
	databaseUrl: string;
	rpcUrl: string;
	/** Called once, with a one-line message, when a service dies while it should run. */
	onFailure(callback: (error: LocalServiceError) => void): void;
	/** Ends both gracefully; the chain's state is saved. */
	stop(): Promise<void>;
};

export type LocalServicesOptions = {
	/** Everything the services keep. A second start with the same directory continues where the first stopped. */
	stateDir: string;
	chainId: number;
	/** Timestamp of the chain's first block, Unix seconds. */
	genesisSeconds: number;
	log?: (line: string) => void;
	/** Fixed ports; without them, free ones are chosen and remembered. */
	databasePort?: number;
	rpcPort?: number;
};

/**
 * Starts PostgreSQL and an EVM chain on the loopback interface, guarded by a process that ends both when this one
 * dies in whatever way. Throws `LocalServiceError` with one line for the user.
 */
export async function startLocalServices(options: LocalServicesOptions): Promise<LocalServices> {
	const stateDir = resolve(options.stateDir);
	prepareStateDir(stateDir);
	await waitForLeftover(stateDir, options.log);
	const ports = await choosePorts(stateDir, options);
	const guardianOptions: GuardianOptions = {
		stateDir,
		chainId: options.chainId,
		genesisSeconds: options.genesisSeconds,
		...ports,
		parentPid: process.pid,
	};
	const log = openSync(join(stateDir, "services.log"), "a");
	const child = spawn(process.execPath, [join(import.meta.dirname, "guardian.ts"), JSON.stringify(guardianOptions)], {
		// In a group of its own, so that Ctrl-C at the terminal reaches the parent only and the end is orderly.
		detached: true,
		stdio: ["pipe", "pipe", log],
		env: { ...process.env, NODE_NO_WARNINGS: "1" },
	});
	return guarded(child);
}

/** Deletes everything a state directory keeps; refuses while another run uses it. */
export async function resetLocalState(stateDir: string): Promise<void> {
	const path = resolve(stateDir);
	await waitForLeftover(path, undefined);
	const pointer = join(path, "postgres-folder");
	if (existsSync(pointer)) rmSync(readFileSync(pointer, "utf8"), { recursive: true, force: true });
	rmSync(path, { recursive: true, force: true });
}

function guarded(child: ChildProcess): Promise<LocalServices> {
	let isStopping = false;
	let failure: LocalServiceError | null = null;
	const listeners: ((error: LocalServiceError) => void)[] = [];
	const fail = (error: LocalServiceError): void => {
		if (isStopping || failure !== null) return;
		failure = error;
		for (const listener of listeners) listener(error);
	};
	child.stdin?.on("error", () => undefined);
	const stop = async (): Promise<void> => {
		isStopping = true;
		child.stdin?.end(`${STOP_WORD}\n`);
		await whenExited(child);
	};
	return new Promise((resolveStart, rejectStart) => {
		const onMessage = (message: GuardianMessage): void => {
			if (message.type === "failed") {
				const error = new LocalServiceError(message.code, message.message);
				rejectStart(error);
				fail(error);
				return;
			}
			resolveStart({
				databaseUrl: message.databaseUrl,
				rpcUrl: message.rpcUrl,
				onFailure(callback) {
					if (failure !== null) callback(failure);
					else listeners.push(callback);
				},
				stop,
			});
		};
		if (child.stdout === null) throw new Error("the guardian's standard output is a pipe");
		createInterface({ input: child.stdout }).on("line", (line) => onMessage(JSON.parse(line) as GuardianMessage));
		child.once("error", (error) => rejectStart(new LocalServiceError("GUARDIAN_FAILED", error.message)));
		child.once("exit", () => {
			const error = new LocalServiceError(
				"GUARDIAN_FAILED",
				"The guardian of database and chain ended; see services.log.",
			);
			// Its last words may still be in the pipe: they name the cause better.
			setTimeout(() => {
				rejectStart(error);
				fail(error);
			}, 50);
		});
	});
}

function prepareStateDir(stateDir: string): void {
	try {
		mkdirSync(stateDir, { recursive: true });
		writeFileSync(join(stateDir, ".writable"), "");
		rmSync(join(stateDir, ".writable"));
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === "ENOSPC") throw diskFull(stateDir);
		throw new LocalServiceError("STATE_DIR_UNUSABLE", `Cannot write to ${stateDir}: ${message}`);
	}
	const disk = statfsSync(stateDir);
	if (disk.bavail * disk.bsize < LEAST_FREE_BYTES) throw diskFull(stateDir);
}

function diskFull(stateDir: string): LocalServiceError {
	return new LocalServiceError(
		"DISK_FULL",
		`The disk that holds ${stateDir} is full: ${LEAST_FREE_BYTES / 1_000_000} MB free are needed.`,
	);
}

async function waitForLeftover(stateDir: string, log: ((line: string) => void) | undefined): Promise<void> {
	const path = join(stateDir, "guardian.json");
	if (!existsSync(path)) return;
	const record = readRecord(path);
	if (record === null || !isAlive(record.guardianPid) || !runsProgram(record.guardianPid, "guardian")) return;
	if (isAlive(record.parentPid) && record.parentPid !== process.pid) {
		throw new LocalServiceError(
			"ALREADY_RUNNING",
			`Another run (process ${record.parentPid}) uses ${stateDir}; stop it or choose another --state-dir.`,
		);
	}
	log?.("waiting for the previous run's database and chain to stop");
	if (await waitForEnd(record.guardianPid, LEFTOVER_TIMEOUT_MILLIS)) return;
	throw new LocalServiceError(
		"ALREADY_RUNNING",
		`The previous run's guardian (process ${record.guardianPid}) does not end; stop it and start again.`,
	);
}

function readRecord(path: string): GuardianRecord | null {
	try {
		return JSON.parse(readFileSync(path, "utf8")) as GuardianRecord;
	} catch {
		return null;
	}
}

async function choosePorts(stateDir: string, options: LocalServicesOptions) {
	const path = join(stateDir, "ports.json");
	const remembered = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, number>) : {};
	const ports = {
		databasePort: await choosePort(options.databasePort, remembered.databasePort, "database"),
		rpcPort: await choosePort(options.rpcPort, remembered.rpcPort, "chain"),
	};
	writeFileSync(path, JSON.stringify(ports));
	return ports;
}

async function choosePort(fixed: number | undefined, remembered: number | undefined, what: string): Promise<number> {
	if (fixed !== undefined) {
		if (await isPortFree(fixed)) return fixed;
		throw new LocalServiceError("PORT_TAKEN", `Port ${fixed} for the ${what} is taken; choose another one.`);
	}
	return remembered !== undefined && (await isPortFree(remembered)) ? remembered : freePort();
}
