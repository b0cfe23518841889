import { spawnSync } from "node:child_process";
import {
	appendFileSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { openConnection } from "../../offchain/infrastructure/postgres/openPool.ts";

const SEGMENT = /^[0-9A-F]{24}$/;

/**
 * Copies a running server's data folder by PostgreSQL's low-level backup interface: the copy is made while the server
 * writes, and is made consistent by the log written meanwhile. Returns its size in bytes.
 */
export async function copyBaseBackup(databaseUrl: string, dataDir: string, archive: string): Promise<number> {
	const target = join(archive, "base");
	rmSync(target, { recursive: true, force: true });
	const client = await openConnection(databaseUrl, "gridtokenx backup");
	try {
		await client.query("SELECT pg_backup_start('gridtokenx', true)");
		run("cp", ["-a", dataDir, target]);
		const { rows } = await client.query<{ labelfile: string }>("SELECT labelfile FROM pg_backup_stop(false)");
		for (const name of readdirSync(join(target, "pg_wal"))) {
			if (SEGMENT.test(name)) rmSync(join(target, "pg_wal", name));
		}
		rmSync(join(target, "postmaster.pid"), { force: true });
		writeFileSync(join(target, "backup_label"), rows[0]?.labelfile ?? "");
		own(join(target, "backup_label"), target);
		// The server's password, as the embedded server keeps it beside its data.
		run("cp", ["-a", join(dirname(dataDir), "postgres-password"), join(archive, "postgres-password")]);
	} finally {
		await client.end();
	}
	const size = spawnSync("du", ["-sb", target], { encoding: "utf8" });
	return Number.parseInt(size.stdout, 10);
}

/** Puts a server's folder together from the archive; it replays the shipped log when it starts, and then goes on. */
export function restoreBackup(archive: string, stateDir: string): void {
	const dataDir = join(stateDir, "postgres");
	run("cp", ["-a", join(archive, "base"), dataDir]);
	run("cp", ["-a", join(archive, "postgres-password"), join(stateDir, "postgres-password")]);
	const wal = join(archive, "wal");
	const command = `cp '${wal}/%f' '%p' 2>/dev/null || cp '${wal}/%f.partial' '%p'`;
	appendFileSync(join(dataDir, "postgresql.auto.conf"), `restore_command = '${command.replaceAll("'", "''")}'\n`);
	writeFileSync(join(dataDir, "recovery.signal"), "");
	own(join(dataDir, "recovery.signal"), dataDir);
}

/** Ships the write-ahead log: finished segments once, the one being written again and again as far as it goes. */
export class WalShipper {
	static readonly EVERY_MILLIS = 200;
	private readonly source: string;
	private readonly target: string;
	private readonly shipped = new Map<string, number>();
	private timer: NodeJS.Timeout | null = null;

	constructor(dataDir: string, archive: string) {
		this.source = join(dataDir, "pg_wal");
		this.target = join(archive, "wal");
		mkdirSync(this.target, { recursive: true, mode: 0o755 });
	}

	start(): void {
		this.ship();
		this.timer = setInterval(() => this.ship(), WalShipper.EVERY_MILLIS);
	}

	stop(): void {
		if (this.timer !== null) clearInterval(this.timer);
	}

	private ship(): void {
		if (!existsSync(this.source)) return;
		const segments = readdirSync(this.source)
			.filter((name) => SEGMENT.test(name))
			.sort();
		for (const name of segments) {
			const path = join(this.source, name);
			const changedAt = statSync(path).mtimeMs;
			if (this.shipped.get(name) === changedAt) continue;
			// Recycled segments have a later name and an older time: what matters is only what has been written to.
			const temporary = join(this.target, `${name}.new`);
			copyFileSync(path, temporary);
			renameSync(temporary, join(this.target, `${name}.partial`));
			this.shipped.set(name, changedAt);
		}
	}
}

function own(path: string, like: string): void {
	run("chown", [`--reference=${like}`, path]);
}

function run(program: string, args: string[]): void {
	const result = spawnSync(program, args, { encoding: "utf8" });
	// A file that vanishes while it is copied is put right by the log.
	const isHarmless = result.stderr
		.split("\n")
		.every((line) => line === "" || line.includes("No such file or directory"));
	if (result.status !== 0 && !(program === "cp" && isHarmless)) throw new Error(`${program}: ${result.stderr}`);
}
