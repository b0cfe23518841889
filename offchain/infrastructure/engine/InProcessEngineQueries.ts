import type { AccountView, EngineQueries, MarketDepth, SessionView } from "../../application/ports/EngineQueries.ts";
import type { EngineLedger } from "../../application/ports/LedgerViews.ts";
import type { AuctionOverview } from "../../domain/engine/TradingEngine.ts";
import { EVERY_ZONE } from "../../domain/grid/zones.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { EngineReader } from "../postgres/EngineReader.ts";
import type { RunningEngine } from "./RunningEngine.ts";

/** How old an indicative price may be, ms. */
const INDICATIVE_MILLIS = 250;

type Indicative = { atMillis: number; value: ReturnType<AuctionOverview["indicative"]> };

/** Reads the engine, or the copy of it, in this process: what it tells is on disk. */
export class InProcessEngineQueries implements EngineQueries {
	private readonly engine: EngineReader<RunningEngine>;
	private readonly indicatives = new Map<WindowId, Indicative>();

	constructor(engine: EngineReader<RunningEngine>) {
		this.engine = engine;
	}

	depth(windowId: WindowId, zoneId: number, levels: number): Promise<MarketDepth> {
		return this.engine.read((state, sequence) => ({
			windowId,
			zoneId,
			sequence,
			...state.depth(windowId, zoneId, levels),
			...this.auctionOf(state, windowId, zoneId),
		}));
	}

	account(address: Address): Promise<AccountView | null> {
		return this.engine.read((state) => state.account(address));
	}

	session(windowId: WindowId): Promise<SessionView | null> {
		return this.engine.read((state) => state.session(windowId));
	}

	sessions(): Promise<SessionView[]> {
		return this.engine.read((state) => state.sessions());
	}

	/** Every account, for the audit. */
	ledger(): Promise<EngineLedger> {
		return this.engine.read((state, sequence) => ({ sequence, accounts: state.balances() }));
	}

	private auctionOf(state: RunningEngine, windowId: WindowId, zoneId: number): Pick<MarketDepth, "auction"> {
		const auction = state.auction(windowId);
		const call = auction?.calls.find(({ zoneIds }) => zoneId === EVERY_ZONE || zoneIds.includes(zoneId));
		if (auction == null || call === undefined) return {};
		const { priceSatPerKwh = null, volumeWh = 0 } = this.indicativeOf(auction) ?? {};
		return { auction: { uncrossesAt: call.uncrossesAt, priceSatPerKwh, volumeWh } };
	}

	/** Worked out a few times a second at most, however many look: it must not keep the engine from trading. */
	private indicativeOf({ windowId, indicative }: AuctionOverview): ReturnType<AuctionOverview["indicative"]> {
		const now = performance.now();
		const known = this.indicatives.get(windowId);
		if (known !== undefined && now - known.atMillis < INDICATIVE_MILLIS) return known.value;
		for (const [each, { atMillis }] of this.indicatives) {
			if (now - atMillis >= INDICATIVE_MILLIS) this.indicatives.delete(each);
		}
		const value = indicative();
		this.indicatives.set(windowId, { atMillis: now, value });
		return value;
	}
}
