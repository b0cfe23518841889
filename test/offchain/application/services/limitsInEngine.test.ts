import { expect } from "chai";
import { GridLimitsService } from "../../../../offchain/application/services/GridLimitsService.ts";
import { OutageTrimService } from "../../../../offchain/application/services/OutageTrimService.ts";
import type { EngineEvent } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import { ClosingChecks } from "../../../../offchain/domain/grid/closing/ClosingChecks.ts";
import type { GridConditions } from "../../../../offchain/domain/grid/telemetry/GridConditions.ts";
import { thaiGridLimits } from "../../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { thaiOutageLimits } from "../../../../offchain/domain/grid/thai/thaiOutageLimits.ts";
import { zoneId } from "../../../../offchain/domain/grid/zones.ts";
import type { Order } from "../../../../offchain/domain/orders/Order.ts";
import type { Trade } from "../../../../offchain/domain/settlement/Trade.ts";
import type { Address, Hash32 } from "../../../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../../../offchain/domain/units/units.ts";
import { createEngine } from "../../../../offchain/infrastructure/engine/RunningEngine.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";

const NOW = 1_776_750_000;
const WINDOW = Math.floor(NOW / 900) + 6;
const SELLER: Address = `0x${"bb".repeat(20)}`;
const BUYER: Address = `0x${"cc".repeat(20)}`;

describe("G2 G6 X6 an outage reported by telemetry reaches the order book", () => {
	it("default: trade into the south stops when its lines are out, what was traded is undone, and both go on afterwards", async () => {
		const network = loadThaiNetwork();
		const initial = thaiGridLimits(network);
		const engine = createEngine();
		let sequence = 0;
		let standing: Trade[] = [];
		const apply = (input: EngineInput): EngineEvent[] => {
			const events = engine.apply(++sequence, input);
			for (const event of events) {
				if (event.type === "TradeExecuted") standing.push(event.trade);
				if (event.type !== "TradeTrimmed") continue;
				const energy = energyWh(event.keptWh);
				standing = standing
					.map((trade) => (trade.tradeId === event.tradeId ? { ...trade, energyWh: energy } : trade))
					.filter((trade) => trade.energyWh > 0);
			}
			return events;
		};
		let conditions: Partial<GridConditions> = { isFresh: true, outages: [], ageSeconds: 1 };
		const service = new GridLimitsService({
			telemetry: { current: () => conditions as GridConditions },
			engine: { submit: async (input) => ({ status: "applied", sequence, events: apply(input) }) },
			clock: { nowMillis: () => NOW * 1000, sleepUntil: async () => undefined },
			limitsFor: (outages) => thaiOutageLimits(network, outages),
			initial,
			onChange: () => undefined,
		});
		const checks = new ClosingChecks(network);
		const notices: string[] = [];
		const trims = new OutageTrimService({
			telemetry: { current: () => conditions as GridConditions },
			engine: { submit: async (input) => ({ status: "applied", sequence, events: apply(input) }) },
			queries: { sessions: async () => engine.sessions() },
			trades: { ofWindow: async (windowId) => standing.filter((trade) => trade.windowId === windowId) },
			check: (outages, trades) => checks.for(outages).check(trades),
			onTrim: (notice) => notices.push(notice),
		});
		apply({ type: "AdvanceClock", nowSeconds: NOW });
		apply({
			type: "SetMarketRules",
			fromWindow: 0,
			floorSatPerKwh: 30,
			ceilingSatPerKwh: 330,
			tickSatPerKwh: 1,
			shortfallMarginSatPerKwh: 0,
		});
		let position = 0;
		for (const [account, meterId, zone, source] of [
			[SELLER, 3, "C1", "hydro"],
			[BUYER, 4, "S2", "none"],
		] as const) {
			for (const fact of [
				{ kind: "Deposited", account, amountMsat: 1e12 },
				{ kind: "ParticipantLicensed", account, tier: 1, validUntil: NOW + 1e7 },
				{
					kind: "MeterRegistered",
					meterId,
					owner: account,
					zoneId: zoneId(zone),
					source,
					maxWindowWh: 90_000,
					nodeId: 0,
				},
			] as const) {
				apply({ type: "ChainFact", position: ++position, fact });
			}
		}
		let placed = 0;
		/** The seller offers, then the buyer takes; what the grid let through, Wh. */
		const tradedWh = (): { wh: number; refusedBy: string[] } => {
			let events: EngineEvent[] = [];
			for (const [trader, meterId, side] of [
				[SELLER, 3, "sell"],
				[BUYER, 4, "buy"],
			] as const) {
				placed += 1;
				const order: Order = {
					trader,
					meterId,
					windowId: WINDOW,
					side,
					orderClass: "limit",
					timeInForce: side === "buy" ? "ioc" : "gtc",
					postOnly: false,
					selfTradeMode: "cancelNewest",
					priceSatPerKwh: priceSatPerKwh(side === "buy" ? 300 : 60),
					energyWh: energyWh(5_000),
					sequence: placed,
					epoch: 0,
					validUntil: 0,
					directiveId: 0,
				};
				const orderHash = `0x${placed.toString(16).padStart(64, "0")}` as Hash32;
				events = apply({ type: "PlaceEnergyOrder", order, orderHash, signature: orderHash });
			}
			return {
				wh: events.reduce((sum, event) => sum + (event.type === "TradeExecuted" ? event.trade.energyWh : 0), 0),
				refusedBy: events.flatMap((event) => (event.type === "GridConstraintViolation" ? [event.element] : [])),
			};
		};

		await service.refresh();
		expect(tradedWh()).to.deep.equal({ wh: 5_000, refusedBy: [] });
		await trims.refresh();
		expect(standing).to.have.length(1);
		conditions = { ...conditions, outages: ["BangSaphan–Chumphon", "BangSaphan–LangSuan"] };
		await service.refresh();
		const cut = tradedWh();
		expect(cut.wh).to.equal(0);
		expect(cut.refusedBy).to.include("island S2+S3+X-MY");
		expect(engine.account(BUYER)?.reservedMsat).to.be.greaterThan(0);
		await trims.refresh();
		expect(standing).to.deep.equal([]);
		expect(engine.account(BUYER)?.reservedMsat).to.equal(0);
		expect(notices).to.have.length(1);
		expect(notices[0]).to.match(/1 trades trimmed after an outage: island S2\+S3\+X-MY would carry/);
		await trims.refresh();
		expect(notices).to.have.length(1);
		conditions = { ...conditions, outages: [] };
		await service.refresh();
		expect(tradedWh()).to.deep.equal({ wh: 5_000, refusedBy: [] });
	}).timeout(20_000);
});
