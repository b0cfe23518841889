/**
 * Mutation testing of the contracts: makes one small change at a time, compiles it in a temporary copy of the tree and runs
 * the contract tests until one fails. A mutant no test notices is a hole in the tests or a change without effect.
 *
 *   node scripts/mutateContracts.ts [--contract CollateralVault,TradePass] [--limit 50] [--seed 1] [--json] [--list] [--recheck] [--fresh]
 *   node scripts/mutateContracts.ts --guards    every line of defence taken out once: the test named for it must fail
 *
 * Mutants come in random order by seed, so that a limited run is a fair sample. Results are kept in .state/mutation.jsonl
 * by the content of the mutant: a second run goes on where the first stopped. `--recheck` tries survivors again, `--fresh` all.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	appendFileSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { GUARDS, withoutGuard } from "./mutation/guards.ts";
import { guardTable } from "./mutation/guardTable.ts";
import { type Mutant, mutantsOf } from "./mutation/mutantsOf.ts";
import { type Compiled, SolidityCompiler } from "./mutation/SolidityCompiler.ts";
import { scriptOptions } from "./scriptOptions.ts";

/** killed: a test failed. survived: none did. equivalent: the same code came out. invalid: it does not compile. */
type Verdict = "killed" | "survived" | "equivalent" | "invalid";
/** Of a guard: the one test that must fail without it. */
type Tried = Mutant & { id: string; test?: string };
type Result = Omit<Tried, "source"> & { verdict: Verdict; seconds: number };

const root = join(import.meta.dirname, "..");
const statePath = join(root, ".state", "mutation.jsonl");
const hardhatCli = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
/** Compiles only what the Solidity tests asked for need, and leaves the artifacts alone. */
const UNIT_CONFIG = "hardhat.units.config.ts";
const TEST_TIMEOUT_MS = 240_000;
/** Where a contract's own tests are: they run first, so that most mutants fall quickly. */
const OWN_TESTS: Record<string, string> = {
	CollateralVault: "vault",
	CertificateRegistry: "certificates",
	GridDirectives: "directives",
	MarketRules: "rules",
	MeterRegistry: "registry",
	WindowSettlement: "settlement",
};
const LEFT_OUT = /\/(interfaces|doubles)\/|SatoshiToken/;

const options = scriptOptions(import.meta.filename, {
	contract: { type: "string" },
	limit: { type: "string" },
	seed: { type: "string", default: "1" },
	json: { type: "boolean", default: false },
	list: { type: "boolean", default: false },
	recheck: { type: "boolean", default: false },
	fresh: { type: "boolean", default: false },
	guards: { type: "boolean", default: false },
});

const contracts = readdirSync(join(root, "contracts"), { recursive: true, encoding: "utf8" })
	.filter((path) => path.endsWith(".sol"))
	.map((path) => `contracts/${path}`)
	.filter((file) => !LEFT_OUT.test(file))
	.sort();
const deployed = contracts.filter((file) => !/\/(bases|libraries|types)\//.test(file));
const known = options.fresh ? new Map<string, Result>() : readResults();
const sources = contracts
	.filter((file) => options.contract?.split(",").some((name) => file.endsWith(`/${name}.sol`)) ?? true)
	.map((file) => ({ file, source: readFileSync(join(root, file), "utf8") }));
const mutants: Tried[] = sources
	.flatMap(({ file, source }): (Mutant & { test?: string })[] =>
		options.guards
			? GUARDS.filter((guard) => guard.file === file).map((guard) => withoutGuard(guard, source))
			: mutantsOf(file, source),
	)
	.map((mutant) => ({ ...mutant, id: hash(mutant.file + mutant.source + (mutant.test ?? "")) }))
	.sort((a, b) => (hash(options.seed + a.id) < hash(options.seed + b.id) ? -1 : 1));
if (options.list && options.guards) {
	console.log(guardTable());
} else if (options.list) {
	for (const { file, line, operator, before, after } of mutants) {
		console.log(`${file}:${line} [${operator}] ${before}  →  ${after}`);
	}
} else {
	const pending = mutants.filter(({ id }) => {
		const verdict = known.get(id)?.verdict;
		return verdict === undefined || (options.recheck && verdict === "survived");
	});
	const todo = pending.slice(0, options.limit === undefined ? pending.length : Number(options.limit));
	if (todo.length > 0) runMutants(todo);
	report();
}

function runMutants(list: readonly Tried[]): void {
	const tree = copyTree();
	try {
		const compiler = new SolidityCompiler(root);
		const original = compiler.compile(deployed);
		if (typeof original === "string") throw new Error(`the contracts do not compile:\n${original}`);
		install(tree, original);
		const baseline = runTests(tree, null);
		if (!baseline.passed) throw new Error(`the tests fail without any mutant:\n${baseline.output.slice(-3000)}`);
		list.forEach((mutant, index) => {
			const started = Date.now();
			const verdict = tryMutant(tree, compiler, original, mutant);
			const { source: _, ...place } = mutant;
			const result: Result = { ...place, verdict, seconds: Math.round((Date.now() - started) / 1000) };
			known.set(mutant.id, result);
			mkdirSync(dirname(statePath), { recursive: true });
			appendFileSync(statePath, `${JSON.stringify(result)}\n`);
			console.error(
				`${index + 1}/${list.length} ${verdict.padEnd(10)} ${mutant.file}:${mutant.line} ${mutant.before}  →  ${mutant.after}`,
			);
		});
	} finally {
		rmSync(tree, { recursive: true, force: true });
	}
}

function tryMutant(tree: string, compiler: SolidityCompiler, original: Compiled, mutant: Tried): Verdict {
	// A library's or type's code stands in the contracts that use it.
	const affected = deployed.includes(mutant.file)
		? [mutant.file]
		: deployed.filter((file) => dependsOn(file, mutant.file));
	const compiled = compiler.compile(affected, mutant);
	if (typeof compiled === "string") return "invalid";
	const same = affected.every((file) => compiled.get(file)?.bytecode === original.get(file)?.bytecode);
	if (same) return "equivalent";
	if (mutant.test === undefined && !passUnitTests(tree, mutant)) return "killed";
	install(tree, compiled);
	const { passed } = runTests(tree, mutant.file, mutant.test);
	install(tree, new Map([...original].filter(([file]) => affected.includes(file))));
	return passed ? "survived" : "killed";
}

/** Whether the Solidity tests that name the mutant's file directly pass. They need no deployed contract, so they are quick. */
function passUnitTests(tree: string, { file, source }: Mutant): boolean {
	const folder = join("test", "contracts", "solidity");
	const tests = readdirSync(join(root, folder))
		.filter((name) => name.endsWith(".t.sol"))
		.map((name) => join(folder, name))
		.filter((path) => {
			const text = readFileSync(join(root, path), "utf8");
			return text.includes(`/${file}"`) && !text.includes('"./Market.sol"');
		});
	if (tests.length === 0) return true;
	writeFileSync(join(tree, file), source);
	const run = ["--config", UNIT_CONFIG, "test", "solidity", ...tests];
	const result = spawnSync(process.execPath, [hardhatCli, ...run], { cwd: tree, timeout: TEST_TIMEOUT_MS });
	cpSync(join(root, file), join(tree, file));
	return result.status === 0;
}

/** Whether a contract's source reaches a file by imports. */
function dependsOn(file: string, wanted: string, seen = new Set<string>()): boolean {
	if (file === wanted) return true;
	if (seen.has(file)) return false;
	seen.add(file);
	const imports = readFileSync(join(root, file), "utf8").matchAll(/from "(\.[^"]+)"/g);
	return [...imports].some(([, path]) => dependsOn(join(dirname(file), path as string), wanted, seen));
}

function copyTree(): string {
	const tree = mkdtempSync(join(tmpdir(), "gridtokenx-mutation-"));
	const needed = ["offchain", "contracts", "deploy", "docs", "data", "scripts", "test/contracts", "artifacts"];
	for (const path of [...needed, "package.json", "tsconfig.json", ".mocharc.json"]) {
		if (existsSync(join(root, path))) cpSync(join(root, path), join(tree, path), { recursive: true });
	}
	symlinkSync(join(root, "node_modules"), join(tree, "node_modules"), "dir");
	// Code compiled in haste is longer than a chain allows.
	const config = `import plugin from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
export default { plugins: [plugin], solidity: "0.8.37", paths: { tests: "./test/contracts" },
	networks: { default: { type: "edr-simulated", allowUnlimitedContractSize: true } } };
`;
	writeFileSync(join(tree, "hardhat.config.ts"), config);
	const paths = 'sources: "./units", artifacts: "./units/artifacts", cache: "./units/cache", tests: "./test/contracts"';
	const units = readFileSync(join(root, "hardhat.config.ts"), "utf8")
		.replace(/paths: \{.*\}/, `paths: { ${paths} }`)
		.replace(/npmFilesToBuild.*\n/, "\n");
	mkdirSync(join(tree, "units"));
	writeFileSync(join(tree, UNIT_CONFIG), units);
	return tree;
}

function install(tree: string, compiled: Compiled): void {
	for (const [file, artifact] of compiled) {
		const folder = join(tree, "artifacts", file);
		mkdirSync(folder, { recursive: true });
		writeFileSync(join(folder, `${artifact.contractName}.json`), JSON.stringify(artifact));
	}
}

function runTests(tree: string, file: string | null, test?: string): { passed: boolean; output: string } {
	const folder = join(tree, "test", "contracts");
	const own = OWN_TESTS[file?.split("/").at(-1)?.replace(".sol", "") ?? ""] ?? "settlement";
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((path) => path.endsWith(".test.ts"))
		.sort((a, b) => Number(b.startsWith(`${own}/`)) - Number(a.startsWith(`${own}/`)) || (a < b ? -1 : 1))
		.map((path) => join("test", "contracts", path));
	const only = test === undefined ? [] : ["--grep", test.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")];
	const result = spawnSync(
		process.execPath,
		[hardhatCli, "test", "mocha", "--no-compile", "--bail", ...only, ...files],
		{
			cwd: tree,
			encoding: "utf8",
			timeout: TEST_TIMEOUT_MS,
			env: { ...process.env, WINDOWS: "40" },
		},
	);
	return { passed: result.status === 0, output: `${result.stdout}${result.stderr}` };
}

function readResults(): Map<string, Result> {
	if (!existsSync(statePath)) return new Map();
	const lines = readFileSync(statePath, "utf8").split("\n").filter(Boolean);
	return new Map(lines.map((line) => JSON.parse(line) as Result).map((result) => [result.id, result]));
}

function report(): void {
	const results = mutants.flatMap(({ id }) => known.get(id) ?? []);
	const count = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length;
	const survivors = results.filter(({ verdict }) => verdict === "survived");
	const killed = count("killed");
	const summary = {
		mutants: mutants.length,
		tried: results.length,
		killed,
		survived: survivors.length,
		equivalent: count("equivalent"),
		invalid: count("invalid"),
		score: killed + survivors.length === 0 ? null : Number((killed / (killed + survivors.length)).toFixed(4)),
	};
	if (options.json) {
		const guards = results.map(({ before: threat, file, line, test, verdict }) => ({
			threat,
			file,
			line,
			test,
			verdict,
		}));
		console.log(JSON.stringify({ ...summary, survivors, ...(options.guards && { guards }) }));
		return;
	}
	for (const { file, line, operator, before, after } of survivors) {
		console.log(`survived ${file}:${line} [${operator}]\n    ${before}\n    ${after}`);
	}
	console.log(JSON.stringify(summary));
}

function hash(text: string): string {
	return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
