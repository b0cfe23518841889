import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Abi, Hex } from "viem";

/** A compiled contract. */
export type Artifact = { contractName: string; abi: Abi; bytecode: Hex };

const REPOSITORY = new URL("../../../", import.meta.url);
const require = createRequire(import.meta.url);

/** A contract of this protocol, as `npm run build` left it; `path` below contracts/, without the extension. */
export function loadArtifact(path: string): Artifact {
	const name = path.split("/").at(-1) as string;
	const file = new URL(`artifacts/contracts/${path}.sol/${name}.json`, REPOSITORY);
	return parseArtifact(readFileSync(file, "utf8"), name);
}

/** OpenZeppelin's AccessManager, compiled with the protocol. */
export function loadAccessManagerArtifact(): Artifact {
	const path = new URL(
		"artifacts/@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager.json",
		REPOSITORY,
	);
	return parseArtifact(readFileSync(path, "utf8"), "AccessManager");
}

/** A contract of Safe's own package; `path` as in its sources, without the extension. */
export function loadSafeArtifact(path: string): Artifact {
	const name = path.split("/").at(-1) as string;
	const file = require.resolve(`@safe-global/safe-smart-account/build/artifacts/contracts/${path}.sol/${name}.json`);
	return parseArtifact(readFileSync(file, "utf8"), name);
}

function parseArtifact(text: string, name: string): Artifact {
	const { contractName, abi, bytecode } = JSON.parse(text) as Artifact;
	if (contractName !== name || bytecode.length < 4) throw new Error(`no deployable artifact of ${name}`);
	return { contractName, abi, bytecode };
}
