import { readFileSync } from "node:fs";
import type { Hex } from "../../domain/units/Address.ts";
import { ConfigError } from "./ConfigError.ts";

/** A private key from the file a variable names; undefined where it names none. Throws `ConfigError` for one without a key. */
export function readKeyFile(variable: string, file: string | undefined): Hex | undefined {
	if (file === undefined) return undefined;
	const key = read(variable, file);
	if (!/^0x[0-9a-fA-F]{64}$/.test(key)) throw new ConfigError([`${variable}: ${file} holds no key.`]);
	return key as Hex;
}

function read(variable: string, file: string): string {
	try {
		return readFileSync(file, "utf8").trim();
	} catch (error) {
		throw new ConfigError([`${variable}: ${(error as Error).message}`]);
	}
}
