import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The named peer of the indexer, and what it asks for beside it. */
const PACKAGES = ["ponder@1.0.0", "viem@2", "hono@4"];
const TIMEOUT_MILLIS = 300_000;

const peers = join(import.meta.dirname, "..", "..", ".state", "peers");

/**
 * A folder with ponder in it: installed by npm once, under .state, since it is no dependency of this project. Undefined,
 * after saying why, where npm cannot get it, and where it is not there yet and `mayInstall` is false.
 */
export function installPonder(mayInstall: boolean): string | undefined {
	const folder = join(peers, "ponder");
	if (existsSync(folder)) return folder;
	if (!mayInstall) return undefined;
	console.error(`installing ${PACKAGES.join(", ")} into .state/peers/ponder …`);
	// Under another name until it is whole: what was cut short is begun again.
	const partial = `${folder}.partial`;
	rmSync(partial, { recursive: true, force: true });
	mkdirSync(partial, { recursive: true });
	writeFileSync(join(partial, "package.json"), JSON.stringify({ name: "ponder-peer", private: true, type: "module" }));
	const npm = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel", "error", ...PACKAGES], {
		cwd: partial,
		stdio: ["ignore", "ignore", "pipe"],
		encoding: "utf8",
		timeout: TIMEOUT_MILLIS,
	});
	if (npm.status !== 0) {
		const cause = npm.error?.message ?? npm.stderr.trim().split("\n")[0];
		console.error(`ponder could not be installed, the indexer is measured without it: ${cause}`);
		rmSync(partial, { recursive: true, force: true });
		return undefined;
	}
	renameSync(partial, folder);
	return folder;
}
