/** `npm run check`: types, format and lint, layer rules, dead code, Solidity format and lint. Every complaint fails. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const CHECKS: { name: string; command: string }[] = [
	{ name: "types", command: "tsc -p ." },
	{ name: "format and lint", command: "biome check --error-on-warnings ." },
	{ name: "layers", command: "depcruise --config .dependency-cruiser.cjs offchain" },
	{ name: "dead code", command: "knip" },
	{ name: "Solidity format", command: "prettier --check contracts/**/*.sol" },
	{
		name: "Solidity lint",
		command: "solhint --max-warnings 0 contracts/*.sol contracts/{interfaces,libraries,types}/*.sol",
	},
];

let failures = 0;
for (const { name, command } of CHECKS) {
	const started = Date.now();
	const [program, ...args] = command.split(" ");
	const result = spawnSync(join(root, "node_modules", ".bin", program as string), args, {
		cwd: root,
		encoding: "utf8",
	});
	const ok = result.status === 0;
	console.log(`${ok ? "ok    " : "FAILED"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
	if (ok) continue;
	failures += 1;
	console.log(`${result.stdout}${result.stderr}`);
}
process.exit(failures > 0 ? 1 : 0);
