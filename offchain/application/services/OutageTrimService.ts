import type { ClosingReport } from "../../domain/grid/closing/ClosingCheck.ts";
import type { Trade } from "../../domain/settlement/Trade.ts";
import { formatWindow, type WindowId } from "../../domain/units/window.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";
import type { EngineQueries } from "../ports/EngineQueries.ts";
import type { GridSystemAdapter } from "../ports/GridSystemAdapter.ts";
import type { TradeRepository } from "../ports/TradeRepository.ts";
import { trimInput } from "./trimInput.ts";

export type OutageTrimOptions = {
	telemetry: Pick<GridSystemAdapter, "current">;
	queries: Pick<EngineQueries, "sessions">;
	trades: Pick<TradeRepository, "ofWindow">;
	engine: Pick<EngineGateway, "submit">;
	/** A window's trades against the whole network without these lines. */
	check: (outages: readonly string[], trades: readonly Trade[]) => ClosingReport;
	/** For people: what went and why. */
	onTrim: (message: string) => void;
};

/**
 * After lines are lost, takes from trades not committed yet what the rest of the network does not carry: the limits stop
 * new trades, this undoes old ones. Each window is looked at until it holds, once per set of lines. Safe to repeat: a
 * trim counts only for the trade it was made for. Silence of telemetry undoes nothing.
 */
export class OutageTrimService {
	readonly #options: OutageTrimOptions;
	#outages = "";
	#holding = new Set<WindowId>();

	constructor(options: OutageTrimOptions) {
		this.#options = options;
	}

	/** Looks once, after the engine has been told the limits. */
	async refresh(): Promise<void> {
		const { telemetry, queries } = this.#options;
		const outages = telemetry.current()?.outages ?? [];
		const key = [...outages].sort().join("; ");
		if (key !== this.#outages) this.#holding.clear();
		this.#outages = key;
		if (outages.length === 0) return;
		const sessions = await queries.sessions();
		const before = sessions.filter(({ state }) => ["open", "crossZoneClosed", "closed"].includes(state));
		const holding = new Set<WindowId>();
		for (const { windowId } of before) {
			if (this.#holding.has(windowId) || (await this.#holds(windowId, outages))) holding.add(windowId);
		}
		this.#holding = holding;
	}

	async #holds(windowId: WindowId, outages: readonly string[]): Promise<boolean> {
		const { trades, check, engine, onTrim } = this.#options;
		const standing = await trades.ofWindow(windowId);
		if (standing.length === 0) return true;
		const { violations, trims } = check(outages, standing);
		const worst = violations[0];
		if (worst === undefined) return true;
		const reply = await engine.submit(trimInput(windowId, trims));
		const trimmed = reply.status === "applied" ? reply.events.filter(({ type }) => type === "TradeTrimmed") : [];
		if (trimmed.length > 0) {
			const cause = `${worst.element} would carry ${worst.flowWh} Wh of ${worst.limitWh} Wh`;
			onTrim(`${formatWindow(windowId)}: ${trimmed.length} trades trimmed after an outage: ${cause}`);
		}
		return false;
	}
}
