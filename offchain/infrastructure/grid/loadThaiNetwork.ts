import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseThaiNetwork, type ThaiNetwork } from "../../domain/grid/thai/ThaiNetwork.ts";

const DATA = join(import.meta.dirname, "..", "..", "..", "data");

/** The network the project ships with. */
export function loadThaiNetwork(): ThaiNetwork {
	const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(DATA, ...path), "utf8"));
	return parseThaiNetwork(read("network", "thai-network-2016.json"), read("load", "thai-zone-shares.json"));
}
