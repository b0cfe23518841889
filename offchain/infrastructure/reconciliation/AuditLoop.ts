import type { ContinuousAudit } from "../../application/services/ContinuousAudit.ts";
import type { Reconciliation } from "../../application/services/ReconciliationService.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";

export type AuditLoopOptions = {
	audit: ContinuousAudit;
	/** Every account and every total. */
	reconcileAll: () => Promise<Reconciliation>;
	intervalMillis: number;
	onAlarm: (message: string) => void;
};

/** The audit that never ends: accounts and totals in every round, everything else by turns. It only looks and tells. */
export class AuditLoop {
	private readonly options: AuditLoopOptions;
	private readonly abort = new AbortController();
	private readonly loop: Promise<void>;
	private lastTold = "";

	constructor(options: AuditLoopOptions) {
		this.options = options;
		this.loop = this.run();
	}

	async stop(): Promise<void> {
		this.abort.abort();
		await this.loop;
	}

	private async run(): Promise<void> {
		const { audit, reconcileAll, intervalMillis, onAlarm } = this.options;
		while (!this.abort.signal.aborted) {
			await sleepMillis(intervalMillis, this.abort.signal);
			if (this.abort.signal.aborted) return;
			try {
				const books = await reconcileAll();
				if (books.isConclusive) this.tell(books, onAlarm);
				await audit.round();
			} catch {
				// Chain, database or engine do not answer: their own alarms say so, and the next round looks again.
			}
		}
	}

	private tell({ differences }: Reconciliation, onAlarm: (message: string) => void): void {
		const first = differences[0];
		const said = JSON.stringify(differences);
		if (first !== undefined && said !== this.lastTold) {
			const { what, account, left, right } = first;
			const who = account === undefined ? "" : ` of ${account}`;
			const more = differences.length > 1 ? `, and ${differences.length - 1} more` : "";
			onAlarm(`the books differ: ${what}${who}: ${left.keeper} ${left.value}, ${right.keeper} ${right.value}${more}`);
		}
		this.lastTold = first === undefined ? "" : said;
	}
}
