import { readFileSync, statSync } from "node:fs";
import { GridTokenXClient } from "../client/GridTokenXClient.ts";
import { LocalKeySigner } from "../client/LocalKeySigner.ts";
import type { Address, Hex } from "../domain/units/Address.ts";
import { readConfig } from "../infrastructure/config/readConfig.ts";
import { CliError, EXIT } from "./CliError.ts";

/** Options every command takes. */
export type GlobalOptions = { json?: boolean; url?: string; keyFile?: string };

/** What a command works with: where the API is, who signs, how to print. */
export class CliContext {
	private readonly options: GlobalOptions;
	private readonly config: ReturnType<typeof readConfig>;

	constructor(options: GlobalOptions, environment: NodeJS.ProcessEnv = process.env) {
		this.options = options;
		this.config = readConfig(environment);
	}

	get isJson(): boolean {
		return this.options.json === true;
	}

	client(): GridTokenXClient {
		const url = this.options.url ?? this.config.GRIDTOKENX_URL;
		if (!/^https?:\/\/\S+$/.test(url))
			throw new CliError(`--url must begin with http:// or https://, got "${url}".`, EXIT.usage);
		return new GridTokenXClient(url);
	}

	/** The trader's key from --key-file, GRIDTOKENX_KEY_FILE or GRIDTOKENX_KEY, in this order. */
	signer(): LocalKeySigner {
		const file = this.options.keyFile ?? this.config.GRIDTOKENX_KEY_FILE;
		if (file !== undefined) return new LocalKeySigner(readKeyFile(file));
		if (this.config.GRIDTOKENX_KEY !== undefined) return new LocalKeySigner(this.config.GRIDTOKENX_KEY);
		throw new CliError(
			"No key to sign with: give --key-file PATH, or set GRIDTOKENX_KEY_FILE or GRIDTOKENX_KEY.",
			EXIT.usage,
		);
	}

	/** The account of the key, where one is given. */
	signerAddress(): Address | undefined {
		const { GRIDTOKENX_KEY, GRIDTOKENX_KEY_FILE } = this.config;
		const isGiven = [this.options.keyFile, GRIDTOKENX_KEY, GRIDTOKENX_KEY_FILE].some((given) => given !== undefined);
		return isGiven ? this.signer().address : undefined;
	}

	/** JSON for programs, `text` for people. */
	print(value: unknown, text: () => string): void {
		process.stdout.write(`${this.isJson ? JSON.stringify(value) : text()}\n`);
	}
}

/** Reads a private key; refuses a file that others may read. */
function readKeyFile(file: string): Hex {
	let text: string;
	try {
		if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) {
			throw new CliError(`${file} can be read by others. Run: chmod 600 ${file}`, EXIT.usage);
		}
		text = readFileSync(file, "utf8").trim();
	} catch (error) {
		if (error instanceof CliError) throw error;
		throw new CliError(`The key file ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`, EXIT.usage);
	}
	if (!/^0x[0-9a-fA-F]{64}$/.test(text)) {
		throw new CliError(`The key file ${file} must hold 0x and 64 hex digits and nothing else.`, EXIT.usage);
	}
	return text as Hex;
}
