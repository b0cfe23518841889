import type { EngineEvent } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type { ChainFactBody, Directive, EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import { ENERGY_SOURCES } from "../../../../offchain/domain/grid/energySource.ts";
import type { GridLimits } from "../../../../offchain/domain/grid/GridLimits.ts";
import type { Order } from "../../../../offchain/domain/orders/Order.ts";
import type { Trade } from "../../../../offchain/domain/settlement/Trade.ts";
import type { Address, Hash32 } from "../../../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../../../offchain/domain/units/units.ts";
import { deliveryDayStart, windowAt, windowStart } from "../../../../offchain/domain/units/window.ts";

const ACCOUNTS = 8;
const METERS = 24;
const WINDOWS = 3;
/** 16:30 in Bangkok: every window of the next day is open. */
const LATE_START_SECONDS = 1_800_005_400;
/** 16:00: the windows of the next day open. */
const OPENING_SECONDS = LATE_START_SECONDS - 1_800;
const LICENSED_UNTIL = LATE_START_SECONDS * 2;

/** Random inputs of every kind, most of them valid; the same seed gives the same stream. */
export class RandomInputs {
	readonly #random: (below: number) => number;
	readonly #zones: number;
	readonly #prices: number;
	readonly #firstWindow: number;
	readonly #placed: Order[] = [];
	readonly #directives: number[] = [];
	readonly #trades: Trade[] = [];
	#trims: EngineInput | null = null;
	#now: number;
	#position = 0;
	#sequence = 0;

	constructor(seed: number) {
		this.#random = generator(seed);
		this.#zones = 1 + this.#random(5);
		this.#prices = [6, 30, 200][this.#random(3)] as number;
		const isOpening = this.#random(2) === 0;
		this.#now = isOpening ? OPENING_SECONDS - this.#random(120) : LATE_START_SECONDS;
		this.#firstWindow = isOpening
			? windowAt(deliveryDayStart(windowAt(OPENING_SECONDS)) + 86_400) + this.#random(8)
			: windowAt(LATE_START_SECONDS) + 4 + this.#random(8);
	}

	setUp(): EngineInput[] {
		// With its rules set first, a window may open with an auction.
		const inputs: EngineInput[] = [this.#rules(0), { type: "AdvanceClock", nowSeconds: this.#now }];
		for (let account = 0; account < ACCOUNTS; account++) {
			const tier = account === 0 ? 4 : 1;
			const licence = { account: address(account), tier, validUntil: LICENSED_UNTIL };
			inputs.push(this.#fact({ kind: "ParticipantLicensed", ...licence }));
			const amountMsat = account > 0 && account < 3 ? 30_000 : 1_000_000_000;
			inputs.push(this.#fact({ kind: "Deposited", account: address(account), amountMsat }));
		}
		for (let meter = 1; meter <= METERS; meter++) inputs.push(this.#register(meter));
		if (this.#random(3) > 0) inputs.push(this.#limits());
		if (this.#random(2) > 0) inputs.push(this.#charges());
		return inputs;
	}

	/** Tells what came of the inputs, so that later ones can speak of trades. */
	observe(events: readonly EngineEvent[]): void {
		for (const event of events) if (event.type === "TradeExecuted") this.#trades.push(event.trade);
	}

	next(): EngineInput {
		const draw = this.#random(1000);
		if (draw < 10) return this.#trim();
		if (draw < 660) return this.#place();
		if (draw < 800) return { type: "CancelOrder", account: address(this.#random(ACCOUNTS)), orderHash: this.#known() };
		if (draw < 830) return this.#cancelOwn();
		if (draw < 880) return this.#amend();
		if (draw < 890) return this.#cancelAll();
		if (draw < 920) return this.#clock();
		if (draw < 930) return this.#limits();
		if (draw < 938) return this.#charges();
		if (draw < 942) return this.#pause();
		if (draw < 945) return this.#rules(this.#firstWindow + this.#random(WINDOWS));
		if (draw < 955) {
			const [meterId, windowId] = [1 + this.#random(METERS), this.#window()];
			return { type: "SetMeterForecast", meterId, windowId, maxWh: this.#random(400) };
		}
		if (draw < 960) return { type: "RaiseBuyingPower", account: address(this.#random(ACCOUNTS)), amountMsat: 5_000 };
		return this.#fact(this.#anyFact());
	}

	#place(): EngineInput {
		const order = this.#order();
		return { type: "PlaceEnergyOrder", order, orderHash: hash(order), signature: "0x00" };
	}

	#order(): Order {
		const random = this.#random;
		const orderClass = (["limit", "limit", "limit", "limit", "limit", "market", "gridBalancing", "emergency"] as const)[
			random(8)
		] as Order["orderClass"];
		const isOperators = orderClass === "gridBalancing" || orderClass === "emergency";
		// Account 0 is a grid operator and owns every eighth meter.
		const meterId = isOperators ? ACCOUNTS * (1 + random(METERS / ACCOUNTS)) : 1 + random(METERS);
		const timeInForce = (["gtc", "gtc", "gtc", "gtt", "ioc", "fok"] as const)[random(6)] as Order["timeInForce"];
		const isOwn = random(20) > 0;
		const order: Order = {
			trader: address(isOwn ? meterId % ACCOUNTS : random(ACCOUNTS)),
			meterId,
			windowId: this.#window(),
			side: random(2) === 0 ? "buy" : "sell",
			orderClass,
			timeInForce,
			postOnly: random(12) === 0,
			selfTradeMode: (["cancelNewest", "cancelOldest", "cancelBoth"] as const)[random(3)] as Order["selfTradeMode"],
			priceSatPerKwh: priceSatPerKwh(100 + random(this.#prices)),
			energyWh: energyWh(random(60) + (random(40) === 0 ? 0 : 1)),
			sequence: random(100) === 0 ? random(this.#sequence + 1) : ++this.#sequence,
			epoch: 0,
			validUntil: timeInForce === "gtt" ? this.#now + random(1_500) : 0,
			directiveId: orderClass === "emergency" ? (this.#directives[0] ?? 1) : 0,
		};
		this.#placed.push(order);
		return order;
	}

	#amend(): EngineInput {
		const target = this.#recent();
		if (target === undefined) return this.#place();
		const isSmaller = this.#random(3) === 0;
		const changes = isSmaller
			? { energyWh: energyWh(Math.max(1, target.energyWh - this.#random(20))) }
			: { priceSatPerKwh: priceSatPerKwh(100 + this.#random(this.#prices)) };
		const order: Order = { ...target, ...changes, sequence: ++this.#sequence };
		this.#placed.push(order);
		const replacement = { order, orderHash: hash(order), signature: "0x00" as const };
		return { type: "AmendOrder", orderHash: hash(target), replacement };
	}

	#cancelOwn(): EngineInput {
		const order = this.#recent();
		if (order === undefined) return this.#place();
		return { type: "CancelOrder", account: order.trader, orderHash: hash(order) };
	}

	#cancelAll(): EngineInput {
		const account = address(this.#random(ACCOUNTS));
		return this.#random(2) === 0
			? { type: "CancelAllOrders", account }
			: { type: "CancelAllOrders", account, windowId: this.#window() };
	}

	#clock(): EngineInput {
		const random = this.#random;
		if (random(15) === 0) return { type: "AdvanceClock", nowSeconds: this.#now - 1 };
		this.#now += random(60);
		return { type: "AdvanceClock", nowSeconds: this.#now };
	}

	#rules(fromWindow: number): EngineInput {
		return {
			type: "SetMarketRules",
			fromWindow,
			floorSatPerKwh: 100,
			ceilingSatPerKwh: 100 + this.#prices,
			tickSatPerKwh: this.#random(6) === 0 ? 2 : 1,
			shortfallMarginSatPerKwh: fromWindow === 0 ? this.#random(3) * 10 : 10,
			...(this.#random(3) === 0 ? {} : { callSeconds: this.#random(300) }),
		};
	}

	#pause(): EngineInput {
		const zoneIds = Array.from({ length: 1 + this.#random(3) }, () => this.#random(20) || 1);
		return {
			type: "PauseTrading",
			windowId: this.#firstWindow + this.#random(WINDOWS),
			zoneIds,
			untilSeconds: this.#now + this.#random(1_000),
			referenceSatPerKwh: 100,
			tradedSatPerKwh: 180,
		};
	}

	#charges(): EngineInput {
		const one = () => ({
			lossSatPerKwh: this.#random(2),
			wheelingSatPerKwh: this.#random(3),
			congestionSatPerKwh: this.#random(2),
			platformSatPerKwh: this.#random(2),
		});
		const charges = Array.from({ length: 16 }, () => Array.from({ length: 16 }, one));
		const fromWindow = this.#firstWindow + this.#random(WINDOWS);
		const range = { fromWindow, toWindow: fromWindow + this.#random(3) };
		return { type: "SetZoneCharges", charges, ...(this.#random(2) === 0 ? {} : { range }) };
	}

	#limits(): EngineInput {
		const random = this.#random;
		const elements: GridLimits["elements"] = Array.from({ length: 4 }, (_, index) => ({
			name: `line ${index}`,
			ptdfPartsPerMillion: Array.from({ length: 16 }, () => random(2_000_001) - 1_000_000),
			upWh: random(1_500),
			downWh: random(1_500),
			lossCoefficientPerWh: random(3) * 1e-6,
			referenceFlowWh: random(1000) - 500,
		}));
		const nodes: GridLimits["nodes"] = [];
		for (let zoneId = 1; zoneId <= 5; zoneId++) {
			for (let at = 1; at <= 3; at++) {
				const ratings = { exportWh: random(600), importWh: random(600) };
				nodes.push({ nodeId: zoneId * 10 + at, parentNodeId: 0, zoneId, name: `node ${zoneId}.${at}`, ...ratings });
			}
		}
		const distributionLossPartsPerMillion = Array.from({ length: 16 }, () => random(60_000));
		const cap = random(4) === 0 ? { lossCapPartsPerMillion: 100_000 + random(100_000) } : {};
		const limits: GridLimits = { elements, nodes, distributionLossPartsPerMillion, ...cap };
		const fromWindow = this.#firstWindow + random(2);
		return { type: "SetGridLimits", fromWindow, toWindow: fromWindow + random(3), limits };
	}

	/** Of recent trades, some of them more than stands; now and then the same again. */
	#trim(): EngineInput {
		const random = this.#random;
		if (this.#trims !== null && random(4) === 0) return this.#trims;
		const recent = this.#trades.slice(-20);
		const windowId = recent.at(-1)?.windowId ?? this.#window();
		const trims = recent
			.filter((trade) => trade.windowId === windowId && random(3) === 0)
			.map(({ tradeId, energyWh: wh }) => {
				const trimmedWh = random(4) === 0 ? wh : random(wh + (random(20) === 0 ? 10 : 1));
				return { tradeId, keptWh: wh - trimmedWh, trimmedWh, element: `line ${random(4)}` };
			});
		this.#trims = { type: "TrimTrades", windowId, trims };
		return this.#trims;
	}

	#register(meterId: number): EngineInput {
		const random = this.#random;
		const zoneId = 1 + random(this.#zones);
		return this.#fact({
			kind: "MeterRegistered",
			meterId,
			owner: address(meterId % ACCOUNTS),
			zoneId,
			source: ENERGY_SOURCES[random(ENERGY_SOURCES.length)] as (typeof ENERGY_SOURCES)[number],
			maxWindowWh: random(10) === 0 ? 0 : 2_000,
			nodeId: random(2) === 0 ? 0 : zoneId * 10 + 1 + random(3),
		});
	}

	#anyFact(): ChainFactBody {
		const random = this.#random;
		const account = address(random(ACCOUNTS));
		const windowId = this.#window();
		switch (random(15)) {
			case 0:
			case 1:
				return { kind: "Deposited", account, amountMsat: random(100_000) };
			case 2:
				return { kind: "Withdrawn", account: address(3 + random(ACCOUNTS - 3)), amountMsat: random(1_000) };
			case 3:
				return { kind: "ExitRequested", account, effectiveWindow: windowId + 1 };
			case 4:
				return { kind: "ExitCancelled", account };
			case 5:
				return random(8) === 0
					? { kind: "LicenceRevoked", account }
					: { kind: "ParticipantLicensed", account, tier: 1 + random(4), validUntil: LICENSED_UNTIL };
			case 6:
				return { kind: "ParticipantLicensed", account, tier: 1 + random(4), validUntil: LICENSED_UNTIL };
			case 7:
				return random(3) === 0
					? { kind: "MeterDeactivated", meterId: 1 + random(METERS) }
					: { kind: "ExitCancelled", account };
			case 8:
			case 9:
				return { kind: "DirectiveSet", directive: this.#directive() };
			case 10:
			case 11:
			case 12:
				return { kind: "DirectiveLifted", directiveId: this.#directives.splice(0, 1)[0] ?? 0 };
			case 13:
				return { kind: "WindowCommitted", windowId };
			default: {
				if (random(3) > 0) return { kind: "ExitCancelled", account };
				const deltas = [{ account, deltaMsat: random(100) }];
				if (random(3) > 0) return { kind: "WindowSettled", windowId, deltas, partial: random(2) === 0 };
				return { kind: random(2) === 0 ? "WindowVoided" : "WindowExpired", windowId };
			}
		}
	}

	#directive(): Directive {
		const random = this.#random;
		const kind = (["HALT", "CAP", "CAP", "PRICE_BAND", "PRICE_BAND", "VOID_WINDOW"] as const)[random(6)] as "HALT";
		const directiveId = 1 + this.#position;
		this.#directives.push(directiveId);
		const floor = 100 + random(this.#prices);
		const value = (kind as string) === "CAP" ? random(500) : floor * 65_536 + floor + random(this.#prices) - 2;
		const fromWindow = this.#window();
		const zoneId = random(this.#zones + 1);
		const reasonHash: Hash32 = `0x${"1".repeat(64)}`;
		return {
			directiveId,
			authority: "EGAT",
			kind,
			zoneId,
			fromWindow,
			toWindow: fromWindow + random(2),
			value,
			reasonHash,
		};
	}

	#fact(fact: ChainFactBody): EngineInput {
		const isRepeated = this.#position > 200 && this.#random(30) === 0;
		return { type: "ChainFact", position: isRepeated ? this.#position : ++this.#position, fact };
	}

	#window(): number {
		// Windows that are over still get a few commands.
		while (windowStart(this.#firstWindow) < this.#now && this.#random(8) > 0)
			return windowAt(this.#now) + 1 + this.#random(WINDOWS);
		return this.#firstWindow + this.#random(WINDOWS);
	}

	#recent(): Order | undefined {
		return this.#placed[this.#placed.length - 1 - this.#random(Math.min(40, this.#placed.length || 1))];
	}

	#known(): Hash32 {
		const order = this.#recent();
		return order === undefined || this.#random(10) === 0 ? `0x${"f".repeat(64)}` : hash(order);
	}
}

function address(index: number): Address {
	return `0x${(0xace0 + index).toString(16).padStart(40, "0")}`;
}

/** Unlike the real hash it only has to tell orders apart. */
function hash(order: Order): Hash32 {
	const text = [
		order.trader.slice(-4),
		order.meterId,
		order.windowId,
		order.sequence,
		order.energyWh,
		order.priceSatPerKwh,
	];
	return `0x${Buffer.from(text.join(" ")).toString("hex").padStart(64, "0").slice(-64)}`;
}

function generator(seed: number): (below: number) => number {
	let state = (seed * 2_654_435_761) >>> 0 || 1;
	return (below) => {
		state ^= state << 13;
		state >>>= 0;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state % below;
	};
}
