import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..", "..", "..", "..");
const IMPORT = /(from |import\()"(\.{1,2}\/[^"]+)\.ts"/g;

/**
 * Writes a module and all it imports as plain JavaScript with the same lines, for versions of Node that cannot read
 * TypeScript. Returns the file to import.
 */
export function stripToJavaScript(entry: string, folder: string): string {
	const done = new Set<string>();
	const write = (file: string): string => {
		const target = join(folder, relative(ROOT, file)).replace(/\.ts$/, ".js");
		if (done.has(file)) return target;
		done.add(file);
		const code = stripTypeScriptTypes(readFileSync(file, "utf8"), { mode: "strip" });
		for (const [, , path] of code.matchAll(IMPORT)) write(join(dirname(file), `${path}.ts`));
		mkdirSync(dirname(target), { recursive: true });
		writeFileSync(target, code.replaceAll(IMPORT, '$1"$2.js"'));
		return target;
	};
	const target = write(entry);
	writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
	symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
	return target;
}
