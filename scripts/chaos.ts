/**
 * Real processes on a real PostgreSQL and a real chain, killed and frozen in the middle of placing, committing and
 * settling; then everything is checked from outside.
 *
 *   node scripts/chaos.ts [--rounds 100] [--seed 1] [--seconds-per-window 20] [--json]
 *
 * One round is one delivery window; while it is traded the window before is committed and the one before that settled.
 * Exit code 1 when an acknowledged order is lost or doubled, a window settled twice or without an end, or a balance
 * differs. Ctrl-C ends every process it has started.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resetLocalState } from "../offchain/infrastructure/local/startLocalServices.ts";
import { type ChaosReport, runChaos } from "./chaos/runChaos.ts";
import { endWithChildren } from "./endWithChildren.ts";
import { scriptOptions, wholeNumber } from "./scriptOptions.ts";

const options = scriptOptions(import.meta.filename, {
	rounds: { type: "string", default: "100" },
	seed: { type: "string", default: "1" },
	"seconds-per-window": { type: "string", default: "20" },
	json: { type: "boolean", default: false },
});

const stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-chaos-"));
endWithChildren(() => resetLocalState(stateDir));
let report: ChaosReport;
try {
	report = await runChaos({
		stateDir,
		rounds: wholeNumber("rounds", options.rounds, 1),
		seed: wholeNumber("seed", options.seed, 0),
		secondsPerWindow: wholeNumber("seconds-per-window", options["seconds-per-window"], 5),
		say: (line) => console.error(`[chaos] ${line}`),
	});
} finally {
	await resetLocalState(stateDir);
}
if (options.json) console.log(JSON.stringify(report));
else console.log(report);
process.exit(report.isSound ? 0 : 1);
