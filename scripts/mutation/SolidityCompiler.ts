import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

type Solc = { compile: (input: string, callbacks: { import: (path: string) => { contents: string } }) => string };
type Output = {
	errors?: { severity: string; formattedMessage: string }[];
	contracts?: Record<string, Record<string, { abi: unknown; evm: { bytecode: { object: string } } }>>;
};

type CompiledContract = { contractName: string; abi: unknown; bytecode: `0x${string}` };
/** ABI and creation code by source file. */
export type Compiled = Map<string, CompiledContract>;

/** Too long for the Yul optimiser's whole sequence to be run for every mutant; what it does is the same without. */
const COMPILED_IN_HASTE = /WindowSettlement\.sol$/;

/** The compiler of the project, kept in memory. */
export class SolidityCompiler {
	readonly #root: string;
	readonly #solc = createRequire(import.meta.url)("solc") as Solc;

	constructor(root: string) {
		this.#root = root;
	}

	/** The messages when a source does not compile. `changed` replaces one file. */
	compile(files: readonly string[], changed?: { file: string; source: string }): Compiled | string {
		const compiled: Compiled = new Map();
		for (const file of files) {
			const one = this.#compileOne(file, changed);
			if (typeof one === "string") return one;
			compiled.set(file, one);
		}
		return compiled;
	}

	#compileOne(file: string, changed?: { file: string; source: string }): CompiledContract | string {
		const read = (path: string): string => {
			if (path === changed?.file) return changed.source;
			const own = join(this.#root, path);
			return readFileSync(existsSync(own) ? own : join(this.#root, "node_modules", path), "utf8");
		};
		const contractName = nameOf(file);
		const optimizer = COMPILED_IN_HASTE.test(file)
			? { enabled: true, runs: 1, details: { yul: true, yulDetails: { optimizerSteps: "" } } }
			: { enabled: true, runs: 10_000 };
		const input = {
			language: "Solidity",
			sources: { [file]: { content: read(file) } },
			settings: {
				viaIR: true,
				optimizer,
				evmVersion: "osaka",
				metadata: { appendCBOR: false, bytecodeHash: "none" },
				outputSelection: { [file]: { [contractName]: ["abi", "evm.bytecode.object"] } },
			},
		};
		const output = JSON.parse(
			this.#solc.compile(JSON.stringify(input), { import: (path) => ({ contents: read(path) }) }),
		) as Output;
		const errors = output.errors?.filter(({ severity }) => severity === "error") ?? [];
		if (errors.length > 0) return errors.map(({ formattedMessage }) => formattedMessage).join("\n");
		const made = output.contracts?.[file]?.[contractName];
		if (made === undefined) throw new Error(`the compiler returned nothing for ${file}`);
		return { contractName, abi: made.abi, bytecode: `0x${made.evm.bytecode.object}` };
	}
}

function nameOf(file: string): string {
	return file.split("/").at(-1)?.replace(".sol", "") as string;
}
