#!/usr/bin/env node
// `npx gridtokenx …`: finds the project's own Node 24, which runs TypeScript directly, and hands everything on to the
// command line in offchain/cli/main.ts. Uses no package, so that it can say what is missing when nothing is installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const program = process.platform === "win32" ? "node.exe" : "node";
const node = join(root, "node_modules", "node", "bin", program);
if (!existsSync(node)) {
	process.stderr.write("The packages are not installed. Run `npm install` in the project's folder first.\n");
	process.exit(1);
}
const child = spawn(node, [join(root, "offchain", "cli", "main.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
// The terminal sends Ctrl-C to both; the child decides when to stop.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
	process.stderr.write(`${error.message}\n`);
	process.exit(1);
});
child.on("close", (code, signal) => {
	if (signal === null) process.exit(code ?? 1);
	process.removeAllListeners(signal);
	process.kill(process.pid, signal);
});
