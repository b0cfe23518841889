import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { LocalServiceError } from "./LocalServiceError.ts";
import { endProcess, isAlive, runsProgram, whenExited } from "./processLife.ts";
import { postgresBinaries } from "./serviceBinaries.ts";

/**
 * A real PostgreSQL server of one state directory, with fsync on: what it acknowledged survives a power cut.
 *
 * PostgreSQL refuses to run as root. Where we are root it runs as `postgres` (or `nobody`); where that user cannot
 * reach a folder (a clone below /root), programs and data move to a place it can, named after the state directory.
 */
export class EmbeddedPostgres {
	readonly databaseUrl: string;
	readonly process: ChildProcess;

	private constructor(databaseUrl: string, child: ChildProcess) {
		this.databaseUrl = databaseUrl;
		this.process = child;
	}

	static async start(stateDir: string, port: number): Promise<EmbeddedPostgres> {
		const user = serverUser();
		const dataDir = dataFolder(stateDir, user);
		await endLeftover(dataDir);
		const programs = reachablePrograms(await postgresBinaries(), user);
		const password = rememberedPassword(stateDir);
		const isNew = !existsSync(join(dataDir, "initialised"));
		if (isNew) await initialise(programs.initdb, dataDir, password, user);
		const child = await startServer(programs.postgres, dataDir, port, user);
		return new EmbeddedPostgres(`postgres://gridtokenx:${password}@127.0.0.1:${port}/postgres`, child);
	}

	/** Rolls open transactions back, writes a checkpoint and ends. */
	async stop(): Promise<void> {
		if (this.process.pid !== undefined && this.process.exitCode === null) {
			await endProcess(this.process.pid, "SIGINT", 20_000);
		}
		await whenExited(this.process);
	}
}

type ServerUser = { uid?: number; gid?: number };

function serverUser(): ServerUser {
	if (process.getuid?.() !== 0) return {};
	for (const name of ["postgres", "nobody"]) {
		const uid = idOf("-u", name);
		const gid = idOf("-g", name);
		if (uid !== null && gid !== null) return { uid, gid };
	}
	throw new LocalServiceError(
		"POSTGRES_FAILED",
		"PostgreSQL cannot run as root and there is no user postgres or nobody; run as an ordinary user.",
	);
}

function idOf(flag: string, name: string): number | null {
	const found = spawnSync("id", [flag, name], { encoding: "utf8" });
	return found.status === 0 ? Number.parseInt(found.stdout, 10) : null;
}

function dataFolder(stateDir: string, user: ServerUser): string {
	const inside = join(stateDir, "postgres");
	const folder = user.uid === undefined || isReachable(stateDir) ? inside : outsideFolder(stateDir);
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
	} catch (error) {
		throw diskError(error, folder);
	}
	return folder;
}

/** Where the data of a state directory lies that the server's user cannot enter; a reset state directory gets a new one. */
function outsideFolder(stateDir: string): string {
	const pointer = join(stateDir, "postgres-folder");
	if (!existsSync(pointer)) {
		const name = `gridtokenx-postgres-${randomBytes(6).toString("hex")}`;
		writeFileSync(pointer, join(existsSync("/var/lib") ? "/var/lib" : tmpdir(), name));
	}
	return readFileSync(pointer, "utf8");
}

/** Every folder above may be entered by anybody. */
function isReachable(path: string): boolean {
	for (let folder = path; ; folder = dirname(folder)) {
		if ((statSync(folder).mode & 0o001) === 0) return false;
		if (folder === dirname(folder)) return true;
	}
}

type Programs = { postgres: string; initdb: string };

function reachablePrograms(programs: Programs, user: ServerUser): Programs {
	if (user.uid === undefined || isReachable(dirname(programs.postgres))) return programs;
	const native = dirname(dirname(programs.postgres));
	const copy = join(tmpdir(), `gridtokenx-postgres-programs-${process.getuid?.()}`);
	const stamp = join(copy, "complete");
	const source = `${native} ${statSync(programs.postgres).mtimeMs}`;
	if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== source) {
		rmSync(copy, { recursive: true, force: true });
		cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
		writeFileSync(stamp, source);
	}
	return { postgres: join(copy, "bin", "postgres"), initdb: join(copy, "bin", "initdb") };
}

function rememberedPassword(stateDir: string): string {
	const path = join(stateDir, "postgres-password");
	if (!existsSync(path)) writeFileSync(path, randomBytes(18).toString("hex"), { mode: 0o600 });
	return readFileSync(path, "utf8");
}

async function initialise(initdb: string, dataDir: string, password: string, user: ServerUser): Promise<void> {
	// A folder without the mark is one whose creation was cut short: nothing was ever stored in it.
	rmSync(dataDir, { recursive: true, force: true });
	const parent = mkdirSync(dataDir, { recursive: true, mode: 0o700 }) ?? dataDir;
	if (user.uid !== undefined && user.gid !== undefined) chownSync(parent, user.uid, user.gid);
	const passwordFile = join(tmpdir(), `gridtokenx-${randomBytes(8).toString("hex")}`);
	writeFileSync(passwordFile, password, { mode: 0o600 });
	if (user.uid !== undefined && user.gid !== undefined) chownSync(passwordFile, user.uid, user.gid);
	try {
		const { code, output } = await run(
			initdb,
			[
				`--pgdata=${dataDir}`,
				"--username=gridtokenx",
				`--pwfile=${passwordFile}`,
				"--auth=scram-sha-256",
				"--encoding=UTF8",
				"--locale=C",
				"--no-instructions",
				// Synced by the first checkpoint; a cut before that leaves no mark and is begun again.
				"--no-sync",
			],
			user,
			dataDir,
		);
		if (code !== 0) throw startError(output, dataDir);
		writeFileSync(join(dataDir, "initialised"), "");
	} finally {
		rmSync(passwordFile, { force: true });
	}
}

function startServer(postgres: string, dataDir: string, port: number, user: ServerUser): Promise<ChildProcess> {
	const settings = {
		listen_addresses: "127.0.0.1",
		port: String(port),
		unix_socket_directories: "",
		max_connections: "120",
		shared_buffers: "128MB",
		wal_compression: "on",
		// Log files are used again rather than removed: filling a new one holds every commit up for some 10 ms.
		min_wal_size: "512MB",
		max_wal_size: "2GB",
		checkpoint_timeout: "15min",
		timezone: "UTC",
		log_timezone: "UTC",
	};
	const child = spawn(postgres, ["-D", dataDir, ...Object.entries(settings).flatMap(([k, v]) => ["-c", `${k}=${v}`])], {
		...user,
		cwd: dataDir,
		stdio: ["ignore", "ignore", "pipe"],
		env: { ...process.env, LC_ALL: "C" },
	});
	return new Promise((resolve, reject) => {
		let output = "";
		let isReady = false;
		child.stderr?.on("data", (data: Buffer) => {
			if (!isReady) output = (output + data.toString()).slice(-8_000);
			process.stderr.write(data);
			if (isReady || !output.includes("database system is ready to accept connections")) return;
			isReady = true;
			resolve(child);
		});
		child.once("error", (error) => reject(new LocalServiceError("POSTGRES_FAILED", firstLine(error.message))));
		child.once("exit", () => reject(startError(output, dataDir)));
	});
}

/** A server whose guardian was killed as well still holds the folder: ask it to shut down fast. */
async function endLeftover(dataDir: string): Promise<void> {
	const path = join(dataDir, "postmaster.pid");
	if (!existsSync(path)) return;
	const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
	if (pid > 0 && isAlive(pid) && runsProgram(pid, "postgres")) await endProcess(pid, "SIGINT", 20_000);
}

function run(program: string, args: string[], user: ServerUser, cwd: string) {
	return new Promise<{ code: number | null; output: string }>((resolve) => {
		const child = spawn(program, args, { ...user, cwd, stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", (data: Buffer) => (output += data.toString()));
		child.stderr.on("data", (data: Buffer) => (output += data.toString()));
		child.once("error", (error) => resolve({ code: -1, output: error.message }));
		child.once("close", (code) => resolve({ code, output }));
	});
}

function startError(output: string, dataDir: string): LocalServiceError {
	if (/No space left on device|disk full/i.test(output)) return diskError(new Error("ENOSPC"), dataDir);
	const lines = output.split("\n").filter((line) => /FATAL|ERROR|error:|could not/.test(line));
	const cause = firstLine(lines.at(-1) ?? output.trim().split("\n").at(-1) ?? "no output");
	return new LocalServiceError("POSTGRES_FAILED", `PostgreSQL did not start in ${dataDir}: ${cause}`);
}

function diskError(error: unknown, folder: string): LocalServiceError {
	const text = error instanceof Error ? error.message : String(error);
	if (/ENOSPC/.test(text)) {
		return new LocalServiceError(
			"DISK_FULL",
			`The disk that holds ${folder} is full; free some space and start again.`,
		);
	}
	return new LocalServiceError("STATE_DIR_UNUSABLE", `${basename(folder)} cannot be written: ${firstLine(text)}`);
}

function firstLine(text: string): string {
	return (
		text
			.split("\n")[0]
			?.replace(/^.*?(FATAL|ERROR|error):\s*/, "")
			.trim() ?? ""
	);
}
