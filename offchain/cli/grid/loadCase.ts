import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { DcModel } from "../../domain/grid/analysis/DcModel.ts";
import { SingularMatrixError } from "../../domain/grid/analysis/SparseLu.ts";
import { IndexedNetwork } from "../../domain/grid/network/IndexedNetwork.ts";
import { parseMatpowerFile } from "../../domain/grid/network/parseMatpowerFile.ts";
import { parseMatpowerJson } from "../../domain/grid/network/parseMatpowerJson.ts";
import { EXIT } from "../CliError.ts";
import { explained, gridFailure } from "./gridFailure.ts";

/** A network from a MATPOWER `.m` file or its JSON; refused with every fault named. */
export function loadCase(path: string): IndexedNetwork {
	const text = readText(path, "GRID_CASE_UNREADABLE");
	const name = basename(path);
	const isJson = /^\s*\{/.test(text) && !name.endsWith(".m");
	return explained(() => new IndexedNetwork(isJson ? parseMatpowerJson(name, text) : parseMatpowerFile(name, text)));
}

export function loadModel(path: string): DcModel {
	const grid = loadCase(path);
	try {
		return new DcModel(grid);
	} catch (error) {
		if (!(error instanceof SingularMatrixError)) throw error;
		throw gridFailure("GRID_CASE_REFUSED", `network ${basename(path)} has no unique power flow (singular bus matrix)`);
	}
}

export function readText(path: string, code: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		throw gridFailure(code, `${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, EXIT.usage);
	}
}
