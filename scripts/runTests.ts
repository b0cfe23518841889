/**
 * `npm test`: every suite this machine can run, one after another, each in its own process; what is skipped is said
 * with the reason. The last line is `N passed, N failed[, N skipped]`.
 *
 *   --only a,b     these suites only
 *   --require      a suite that would be skipped counts as failed
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const node = process.execPath;
const mochaCli = join(root, "node_modules", "mocha", "bin", "mocha.js");
const hardhatCli = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");

type Suite = {
	name: string;
	what: string;
	command: string[];
	/** Why it cannot run here, or null. */
	skipReason: () => string | null;
};

const SUITES: Suite[] = [
	{
		name: "domain",
		what: "engine, grid, money, API and clients",
		command: [node, mochaCli, "test/offchain/**/*.test.ts"],
		skipReason: () => noTestsIn("test/offchain"),
	},
	{
		name: "solidity",
		what: "Solidity unit, fuzz and invariant tests",
		command: [node, hardhatCli, "test", "solidity"],
		skipReason: () => noTestsIn("contracts", ".t.sol") && noTestsIn("test/contracts", ".t.sol"),
	},
	{
		name: "contracts",
		what: "contracts from TypeScript: attacks, twins, governance",
		command: [node, hardhatCli, "test", "mocha", "--no-compile"],
		skipReason: () => noTestsIn("test/contracts"),
	},
	{
		name: "integration",
		what: "whole windows on real PostgreSQL and a real chain",
		command: [node, mochaCli, "test/integration/**/*.test.ts"],
		skipReason: () => noTestsIn("test/integration"),
	},
	{
		name: "redis",
		what: "the same queues and ingress on Redis",
		command: [node, mochaCli, "test/redis/**/*.test.ts"],
		skipReason: () => noTestsIn("test/redis") ?? noProgram("redis-server"),
	},
	{
		name: "browser",
		what: "the web pages in a real browser",
		command: [node, mochaCli, "test/browser/**/*.test.ts"],
		skipReason: () => noTestsIn("test/browser") ?? noProgram("chromium", "chromium-browser", "google-chrome"),
	},
];

const { values: options } = parseArgs({
	options: {
		only: { type: "string" },
		require: { type: "boolean", default: false },
		help: { type: "boolean", default: false },
	},
});
if (options.help) {
	console.log("npm test [-- --only a,b] [-- --require]\n");
	for (const suite of SUITES) console.log(`  ${suite.name.padEnd(12)} ${suite.what}`);
	process.exit(0);
}
const wanted = options.only?.split(",");
const unknown = wanted?.filter((name) => !SUITES.some((suite) => suite.name === name)) ?? [];
if (unknown.length > 0) {
	console.error(`No such suite: ${unknown.join(", ")}. There are: ${SUITES.map((suite) => suite.name).join(", ")}.`);
	process.exit(2);
}

let passed = 0;
let failed = 0;
let pending = 0;
const lines: string[] = [];
for (const suite of SUITES.filter(({ name }) => wanted === undefined || wanted.includes(name))) {
	const skipReason = suite.skipReason();
	if (skipReason !== null) {
		if (options.require) failed += 1;
		lines.push(`${suite.name.padEnd(12)} ${options.require ? "FAILED" : "skipped"}: ${skipReason}`);
		continue;
	}
	console.log(`\n── ${suite.name}: ${suite.what}`);
	const started = Date.now();
	const result = await run(suite.command);
	passed += result.passed;
	pending += result.pending;
	// A suite that ends badly without naming a failed test (a crash) still counts as one failure.
	const failures = result.exitCode === 0 ? result.failed : Math.max(1, result.failed);
	failed += failures;
	const seconds = ((Date.now() - started) / 1000).toFixed(0);
	lines.push(
		`${suite.name.padEnd(12)} ${result.passed} passed, ${failures} failed, ${result.pending} pending, ${seconds} s`,
	);
}
console.log(`\n${lines.join("\n")}\n`);
console.log(`${passed} passed, ${failed} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
process.exit(failed > 0 ? 1 : 0);

type Outcome = { exitCode: number; passed: number; failed: number; pending: number };

function run([command, ...args]: string[]): Promise<Outcome> {
	return new Promise((resolve) => {
		const child = spawn(command as string, args, {
			cwd: root,
			stdio: ["ignore", "pipe", "inherit"],
			env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
		});
		let text = "";
		child.stdout.on("data", (data: Buffer) => {
			process.stdout.write(data);
			text += data.toString();
		});
		child.on("close", (code) => {
			resolve({
				exitCode: code ?? 1,
				passed: count(text, "passing"),
				failed: count(text, "failing"),
				pending: count(text, "pending"),
			});
		});
	});
}

/** Sums lines such as "  12 passing (3s)"; Hardhat prints one for each kind of test. */
function count(text: string, word: string): number {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours are control characters
	const plain = text.replace(/\x1b\[[0-9;]*m/g, "");
	let sum = 0;
	for (const match of plain.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, "gm"))) sum += Number(match[1]);
	return sum;
}

function noTestsIn(folder: string, ending = ".test.ts"): string | null {
	const path = join(root, folder);
	const any = existsSync(path) && readdirSync(path, { recursive: true }).some((name) => String(name).endsWith(ending));
	return any ? null : `no tests in ${folder}`;
}

function noProgram(...names: string[]): string | null {
	const found = names.some((name) => spawnSync(process.platform === "win32" ? "where" : "which", [name]).status === 0);
	return found ? null : `${names[0]} is not installed`;
}
