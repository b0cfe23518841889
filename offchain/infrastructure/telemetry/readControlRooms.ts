import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Hash32 } from "../../domain/units/Address.ts";
import { ConfigError } from "../config/ConfigError.ts";

const schema = z.record(
	z.string().min(1).max(64),
	z
		.string()
		.regex(/^0x[0-9a-fA-F]{64}$/, "an Ed25519 public key is 0x and 64 hex digits")
		.transform((key) => key as Hash32),
);

/** Control rooms and their public keys from a file; none without one. Throws `ConfigError` for a file that cannot be used. */
export function readControlRooms(file: string | undefined): Record<string, Hash32> {
	if (file === undefined) return {};
	try {
		return schema.parse(JSON.parse(readFileSync(file, "utf8")));
	} catch (error) {
		const cause = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
		throw new ConfigError([`CONTROL_ROOMS_FILE: ${file} cannot be used: ${cause.split("\n")[0]}`]);
	}
}
