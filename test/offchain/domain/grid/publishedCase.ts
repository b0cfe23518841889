import { readFileSync } from "node:fs";
import { join } from "node:path";
import { IndexedNetwork } from "../../../../offchain/domain/grid/network/IndexedNetwork.ts";
import { parseMatpowerJson } from "../../../../offchain/domain/grid/network/parseMatpowerJson.ts";

export const CASES_FOLDER = join(import.meta.dirname, "../../../../data/cases");

export function publishedCase(name: string): IndexedNetwork {
	return new IndexedNetwork(parseMatpowerJson(name, readFileSync(join(CASES_FOLDER, `${name}.json`), "utf8")));
}
