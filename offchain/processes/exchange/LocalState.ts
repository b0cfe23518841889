import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { UnixSeconds, WindowId } from "../../domain/units/window.ts";
import type { Deployment } from "../../infrastructure/chain/Deployment.ts";
import { replaceFile } from "../../infrastructure/local/replaceFile.ts";
import { UsageError } from "./localOptions.ts";

/** What a local run decided once and keeps for ever; everything else is in the database and on the chain. */
export type LocalRun = {
	seed: string;
	participants: number;
	realTime: boolean;
	genesisSeconds: UnixSeconds;
	/** Set when the chain is prepared. */
	deployment?: Deployment;
	firstWindow?: WindowId;
	/** A demo that has printed its report; the next one begins anew. */
	isFinished?: boolean;
};

/** The file of a local run in its state directory, replaced as a whole on every change. */
export class LocalState {
	private readonly file: string;

	constructor(stateDir: string) {
		this.file = join(stateDir, "run.json");
	}

	/** Null where nothing was begun, or where the first set-up was interrupted and nothing of value exists. */
	read(): LocalRun | null {
		if (!existsSync(this.file)) return null;
		const run = JSON.parse(readFileSync(this.file, "utf8")) as LocalRun;
		return run.deployment === undefined ? null : run;
	}

	write(run: LocalRun): void {
		replaceFile(this.file, `${JSON.stringify(run, null, "\t")}\n`);
	}
}

/** A market cannot change its people or its time half-way. */
export function requireSameMarket(run: LocalRun, wanted: Pick<LocalRun, "seed" | "participants" | "realTime">): void {
	for (const name of ["seed", "participants", "realTime"] as const) {
		if (run[name] !== wanted[name]) {
			throw new UsageError(
				`This market was begun with ${name} = ${run[name]}. Use the same, or --reset to begin anew.`,
			);
		}
	}
}
