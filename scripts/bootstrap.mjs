#!/usr/bin/env node
// Sets the project up from a bare clone with any Node ≥ 20 and nothing installed: packages, the project's own Node 24,
// compiled contracts. Runs before `npm start`, `npm test` and the like; when nothing changed it takes milliseconds.
// Uses no package, because there are none yet.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const isWindows = process.platform === "win32";
const OLDEST_NODE = 20;
/** Hardhat's native part is skipped silently when npm runs under an older Node. */
const OLDEST_NODE_FOR_INSTALL = 22;

main();

function main() {
	const major = Number(process.versions.node.split(".")[0]);
	if (major < OLDEST_NODE) {
		fail(
			`Node ${OLDEST_NODE} or newer is needed, this is ${process.versions.node}.`,
			"Install a current Node and try again.",
		);
	}
	const started = Date.now();
	let worked = false;
	worked =
		step("Packages", join(root, "node_modules", ".gridtokenx-packages"), packagesKey, () => installPackages(major)) ||
		worked;
	worked = step("Contracts", join(root, "artifacts", ".gridtokenx-contracts"), contractsKey, buildContracts) || worked;
	if (worked) say(`Set up in ${seconds(started)}.`);
}

/** Runs `work` unless `stampFile` says that it was done for this `key()` (taken anew afterwards: npm may touch its lock file). */
function step(name, stampFile, key, work) {
	if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === key()) return false;
	const started = Date.now();
	say(`${name}: working …`);
	work();
	mkdirSync(dirname(stampFile), { recursive: true });
	writeFileSync(stampFile, key());
	say(`${name}: done in ${seconds(started)}.`);
	return true;
}

function packagesKey() {
	return digest([join(root, "package.json"), join(root, "package-lock.json")]) + process.platform + process.arch;
}

function contractsKey() {
	return digest([
		join(root, "hardhat.config.ts"),
		join(root, "package-lock.json"),
		...filesBelow(join(root, "contracts")),
	]);
}

function installPackages(major) {
	// `npm install`, not `npm ci`: a lock written on one platform lists only that platform's native builds.
	const install = "npm install --no-audit --no-fund --loglevel=error";
	if (major >= OLDEST_NODE_FOR_INSTALL) run(install);
	else run(`npx --yes --loglevel=error --package node@24 -c "${install}"`);
	if (!existsSync(projectNode()))
		fail(
			"The packages were installed but the project's own Node 24 is missing.",
			"Run it again; if it persists: npm rebuild node",
		);
}

function buildContracts() {
	run(
		`"${projectNode()}" "${join(root, "node_modules", "hardhat", "dist", "src", "cli.js")}" --no-typechain build --no-tests`,
	);
}

function projectNode() {
	return join(root, "node_modules", "node", "bin", isWindows ? "node.exe" : "node");
}

function run(command) {
	const result = spawnSync(command, {
		cwd: root,
		shell: true,
		stdio: ["ignore", "pipe", "pipe"],
		encoding: "utf8",
		maxBuffer: 64 << 20,
	});
	if (result.status === 0) return;
	process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
	fail(
		`This step failed: ${command}`,
		"What it printed stands above. Nothing was left half-marked: run the same command again.",
	);
}

function filesBelow(folder) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath ?? entry.path, entry.name))
		.sort();
}

function digest(files) {
	const hash = createHash("sha256");
	for (const file of files) {
		hash.update(file.slice(root.length));
		if (existsSync(file)) hash.update(readFileSync(file));
	}
	return hash.digest("hex");
}

function seconds(since) {
	return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

function say(line) {
	process.stderr.write(`[set-up] ${line}\n`);
}

function fail(what, next) {
	process.stderr.write(`[set-up] ${what}\n[set-up] ${next}\n`);
	process.exit(1);
}
