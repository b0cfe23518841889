import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

type Solc = { compile: (input: string, callbacks: { import: (path: string) => { contents: string } }) => string };
type Output = {
	errors?: { severity: string; formattedMessage: string }[];
	contracts?: Record<string, Record<string, { abi: unknown; evm: { bytecode: { object: string } } }>>;
};

/** ABI and creation code by source file. */
export type Compiled = Map<string, { contractName: string; abi: unknown; bytecode: `0x${string}` }>;

/**
 * The compiler of the project, kept in memory. The Yul optimiser's long sequence is left out, which halves the time and
 * changes nothing about what a contract does.
 */
export class SolidityCompiler {
	readonly #root: string;
	readonly #solc = createRequire(import.meta.url)("solc") as Solc;

	constructor(root: string) {
		this.#root = root;
	}

	/** Null when the source does not compile. `changed` replaces one file. */
	compile(files: readonly string[], changed?: { file: string; source: string }): Compiled | null {
		const read = (path: string): string => {
			if (path === changed?.file) return changed.source;
			const own = join(this.#root, path);
			return readFileSync(existsSync(own) ? own : join(this.#root, "node_modules", path), "utf8");
		};
		const input = {
			language: "Solidity",
			sources: Object.fromEntries(files.map((file) => [file, { content: read(file) }])),
			settings: {
				viaIR: true,
				optimizer: { enabled: true, runs: 1, details: { yul: true, yulDetails: { optimizerSteps: "" } } },
				evmVersion: "osaka",
				metadata: { appendCBOR: false, bytecodeHash: "none" },
				outputSelection: Object.fromEntries(
					files.map((file) => [file, { [nameOf(file)]: ["abi", "evm.bytecode.object"] }]),
				),
			},
		};
		const output = JSON.parse(
			this.#solc.compile(JSON.stringify(input), { import: (path) => ({ contents: read(path) }) }),
		) as Output;
		if (output.errors?.some(({ severity }) => severity === "error")) return null;
		return new Map(
			files.map((file) => {
				const contractName = nameOf(file);
				const made = output.contracts?.[file]?.[contractName];
				if (made === undefined) throw new Error(`the compiler returned nothing for ${file}`);
				return [file, { contractName, abi: made.abi, bytecode: `0x${made.evm.bytecode.object}` }];
			}),
		);
	}
}

function nameOf(file: string): string {
	return file.split("/").at(-1)?.replace(".sol", "") as string;
}
