import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { DcModel } from "../../domain/grid/analysis/DcModel.ts";
import { SingularMatrixError } from "../../domain/grid/analysis/SparseLu.ts";
import { IndexedNetwork } from "../../domain/grid/network/IndexedNetwork.ts";
import type { NetworkCase } from "../../domain/grid/network/NetworkCase.ts";
import { parseMatpowerFile } from "../../domain/grid/network/parseMatpowerFile.ts";
import { parseMatpowerJson } from "../../domain/grid/network/parseMatpowerJson.ts";
import { slackInService } from "../../domain/grid/network/slackInService.ts";
import { THAI_NETWORK_NAME } from "../../domain/grid/thai/ThaiNetwork.ts";
import { thaiReferenceCase } from "../../domain/grid/thai/thaiReferenceCase.ts";
import { loadThaiNetwork } from "../../infrastructure/grid/loadThaiNetwork.ts";
import { EXIT } from "../CliError.ts";
import { explained, gridFailure } from "./gridFailure.ts";

/**
 * A network from a MATPOWER `.m` file, its JSON, or the Thai network file; refused with every fault named. Its slack has a
 * generator in service where any bus has one.
 */
export function loadCase(path: string): IndexedNetwork {
	return loadAsWritten(path, slackInService);
}

function loadAsWritten(path: string, change: (network: NetworkCase) => NetworkCase): IndexedNetwork {
	const text = readText(path, "GRID_CASE_UNREADABLE");
	return explained(() => new IndexedNetwork(change(parseCase(path, text))));
}

/** Whether the file's reactances are relative only: good for the linear power flow, not for the AC one. */
export function isThaiNetwork(grid: IndexedNetwork): boolean {
	return grid.network.name === THAI_NETWORK_NAME;
}

function parseCase(path: string, text: string): NetworkCase {
	const name = basename(path);
	if (name.endsWith(".m") || !/^\s*\{/.test(text)) return parseMatpowerFile(name, text);
	return /"node_zone"\s*:/.test(text) ? thaiReferenceCase(loadThaiNetwork(path)) : parseMatpowerJson(name, text);
}

export function loadModel(path: string): DcModel {
	return modelOf(path, loadCase(path));
}

/** With the slack the file names, whatever runs there: factors are relative to it. */
export function loadFactorModel(path: string): DcModel {
	return modelOf(
		path,
		loadAsWritten(path, (network) => network),
	);
}

function modelOf(path: string, grid: IndexedNetwork): DcModel {
	try {
		return new DcModel(grid);
	} catch (error) {
		if (!(error instanceof SingularMatrixError)) throw error;
		throw gridFailure("GRID_CASE_REFUSED", `network ${basename(path)} has no unique power flow (singular bus matrix)`);
	}
}

export function readText(path: string, code: string): string {
	try {
		// Some editors begin a file with a byte order mark.
		return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
	} catch (error) {
		throw gridFailure(code, `${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, EXIT.usage);
	}
}
