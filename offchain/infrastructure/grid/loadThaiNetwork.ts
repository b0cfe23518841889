import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseThaiNetwork, type ThaiNetwork } from "../../domain/grid/thai/ThaiNetwork.ts";

const DATA = join(import.meta.dirname, "..", "..", "..", "data");

/** The network the project ships with, or another file of the same form. */
export function loadThaiNetwork(path = join(DATA, "network", "thai-network-2016.json")): ThaiNetwork {
	const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
	return parseThaiNetwork(read(path), read(join(DATA, "load", "thai-zone-shares.json")));
}
