import type { SignedOrder } from "../orders/Order.ts";
import type { Address, Hash32 } from "../units/Address.ts";
import { chargeCapSatPerKwh, chargeParts } from "./chargeParts.ts";
import type { ReadingEntry } from "./meterReadings.ts";
import type { SettlementAccount, SettlementMeter, SettlementState, ZoneRule } from "./SettlementRules.ts";
import { SETTLEMENT_CODES, type SettlementCode } from "./settlementCode.ts";
import type { PlannedAccount, PlannedChunk, PlannedOrder, PlannedTrade, WindowPlan } from "./WindowPlan.ts";

/** What became of one trade. `curtailedWh` is what directives took; it is neither delivered nor short. */
export type TradeOutcome = {
	tradeId: string;
	code: SettlementCode;
	deliveredWh: number;
	lostWh: number;
	shortWh: number;
	curtailedWh: number;
	buyerPaidMsat: number;
	sellerReceivedMsat: number;
	/** From the seller to the buyer, for what was not delivered. */
	compensationMsat: number;
};

export type ChunkOutcome = {
	/** Net change of every account, charge accounts included; zeros left out. */
	deltasMsat: Map<Address, number>;
	chargesMsat: ChargeTotals;
	trades: TradeOutcome[];
};

/** Outcome of a window: its chunks in order and their sums. */
export type WindowOutcome = {
	chunks: ChunkOutcome[];
	deltasMsat: Map<Address, number>;
	chargesMsat: ChargeTotals;
	trades: TradeOutcome[];
};

export type ChargeTotals = { EGAT: number; MEA: number; PEA: number; congestion: number; platform: number };

const CODES = SETTLEMENT_CODES;
const FIRST_CROSS_BORDER_ZONE = 14;
const TIER_CROSS_BORDER = 3;
const TIER_GRID_OPERATOR = 4;

/**
 * Settles a window exactly as `WindowSettlement` does, to the msat: the readable twin the contract is tested against, and
 * what the ledger expects before the chain answers. A meter without a reading counts as missing after the grace period.
 */
export function settleWindow(
	plan: WindowPlan,
	readings: readonly ReadingEntry[],
	state: SettlementState,
): WindowOutcome {
	const readingByMeter = new Map(readings.map((reading) => [reading.meterId, reading.exportedWh]));
	const window: WindowMemory = {
		plan,
		state,
		readings: readingByMeter,
		accounts: new Map([...state.accounts].map(([account, held]) => [account, { ...held }])),
		storedFills: new Map(),
		soldUnderCap: new Map(),
		boughtUnderCap: new Map(),
	};
	const chunks = plan.chunks.map((chunk) => settleChunk(window, chunk));
	return {
		chunks,
		deltasMsat: sumDeltas(chunks.map((chunk) => chunk.deltasMsat)),
		chargesMsat: chunks.reduce((sum, chunk) => addCharges(sum, chunk.chargesMsat), noCharges()),
		trades: chunks.flatMap((chunk) => chunk.trades),
	};
}

/** What chunks of one window leave to the next. */
type WindowMemory = {
	plan: WindowPlan;
	state: SettlementState;
	readings: ReadonlyMap<number, number>;
	accounts: Map<Address, SettlementAccount>;
	storedFills: Map<Hash32, number>;
	soldUnderCap: Map<number, number>;
	boughtUnderCap: Map<number, number>;
};

type OrderMemory = { planned: PlannedOrder; code: SettlementCode; filledWh: number; touched: boolean; stored: boolean };
type Admission = { code: SettlementCode; energyWh: number; lossWh: number };

function settleChunk(window: WindowMemory, chunk: PlannedChunk): ChunkOutcome {
	const orders = chunk.accounts.flatMap((account) =>
		account.orders.map((planned) => judgeOrder(window, account, planned)),
	);
	const admissions = chunk.trades.map((trade) => admit(window, trade, orders));
	const obligations = new Map<number, number>();
	chunk.trades.forEach((trade, index) => {
		const { code, energyWh, lossWh } = admissions[index] as Admission;
		if (code !== CODES.SETTLED) return;
		obligations.set(trade.sellMeterId, (obligations.get(trade.sellMeterId) ?? 0) + energyWh + lossWh);
	});

	const balances = new Map(chunk.accounts.map(({ account }) => [account, accountOf(window, account).balanceMsat]));
	const passed = new Map<number, number>();
	const chargesMsat = noCharges();
	const trades = chunk.trades.map((trade, index) =>
		pay(window, trade, admissions[index] as Admission, { balances, obligations, passed, chargesMsat }),
	);
	keepFills(window, orders);
	return { deltasMsat: close(window, balances, chargesMsat), chargesMsat, trades };
}

function judgeOrder(window: WindowMemory, group: PlannedAccount, planned: PlannedOrder): OrderMemory {
	const account = accountOf(window, group.account);
	const { order } = planned;
	let filledWh = 0;
	let code: SettlementCode = CODES.SETTLED;
	if (order.side === "buy") {
		const sameWindow = account.cursorWindow === window.plan.windowId;
		if (group.usesStoredFills) {
			if (sameWindow && account.cursorFillWh !== 0) code = CODES.ORDER_REPEATED;
			else filledWh = window.storedFills.get(planned.orderHash) ?? 0;
		} else if (sameWindow) {
			if (account.cursorFillWh === 0 || order.sequence < account.cursorSequence) code = CODES.ORDER_REPEATED;
			else if (order.sequence === account.cursorSequence) filledWh = account.cursorFillWh;
		}
	}
	if (code === CODES.SETTLED) code = orderCode(window, planned, account);
	return { planned, code, filledWh, touched: false, stored: group.usesStoredFills };
}

function orderCode(window: WindowMemory, planned: SignedOrder, account: SettlementAccount): SettlementCode {
	const { order } = planned;
	const { windowId } = window.plan;
	const meter = window.state.meters.get(order.meterId);
	if (order.priceSatPerKwh === 0 || order.energyWh === 0) return CODES.MALFORMED;
	if (meter === undefined || meter.owner !== order.trader) return CODES.METER_NOT_OWNED;
	if (meter.activeUntilWindow <= windowId) return CODES.METER_INACTIVE;
	if (order.side === "sell" && meter.source === 0) return CODES.METER_CANNOT_SELL;
	if (order.epoch < account.epoch) return CODES.EPOCH_STALE;
	if (account.exitFromWindow !== 0 && windowId >= account.exitFromWindow) return CODES.EXIT_PENDING;
	if (account.licensedUntilWindow <= windowId) return CODES.LICENCE_EXPIRED;
	const crossBorder = meter.zoneId >= FIRST_CROSS_BORDER_ZONE;
	if (order.orderClass === "gridBalancing" && account.tier < TIER_GRID_OPERATOR) return CODES.CLASS_NOT_ALLOWED;
	if (crossBorder && account.tier < TIER_CROSS_BORDER) return CODES.CLASS_NOT_ALLOWED;
	if (order.orderClass === "emergency" && !window.state.authorisesEmergency?.(order.directiveId, meter.zoneId)) {
		return CODES.DIRECTIVE_REQUIRED;
	}
	const signed = window.state.isSignatureValid?.(planned) ?? true;
	return signed ? CODES.SETTLED : CODES.SIGNATURE_INVALID;
}

function admit(window: WindowMemory, trade: PlannedTrade, orders: readonly OrderMemory[]): Admission {
	const sell = orders[trade.sellIndex] as OrderMemory;
	const buy = orders[trade.buyIndex] as OrderMemory;
	const code = tradeCode(window, trade, sell, buy);
	if (code !== CODES.SETTLED) return { code, energyWh: 0, lossWh: 0 };
	const { sellZoneId, buyZoneId } = zonesOf(window, trade);
	const leftWh = Math.min(
		trade.energyWh,
		roomUnderCap(window, sellZoneId, window.soldUnderCap),
		roomUnderCap(window, buyZoneId, window.boughtUnderCap),
	);
	if (leftWh === 0) return { code: CODES.DIRECTIVE_CAP, energyWh: 0, lossWh: 0 };
	useCap(window, sellZoneId, window.soldUnderCap, leftWh);
	useCap(window, buyZoneId, window.boughtUnderCap, leftWh);
	if (!window.readings.has(trade.sellMeterId)) return { code: CODES.READING_MISSING, energyWh: 0, lossWh: 0 };
	for (const order of [sell, buy]) {
		order.filledWh += trade.energyWh;
		order.touched = true;
	}
	const lossWh =
		leftWh === trade.energyWh
			? trade.lossWh
			: Number((BigInt(trade.lossWh) * BigInt(leftWh) + BigInt(trade.energyWh) - 1n) / BigInt(trade.energyWh));
	return { code: CODES.SETTLED, energyWh: leftWh, lossWh };
}

function tradeCode(window: WindowMemory, trade: PlannedTrade, sell: OrderMemory, buy: OrderMemory): SettlementCode {
	const { rules, zoneRules } = window.state;
	if (sell.planned.order.side !== "sell" || buy.planned.order.side !== "buy") return CODES.SIDE_MISMATCH;
	if (trade.energyWh === 0) return CODES.MALFORMED;
	if (sell.code !== CODES.SETTLED) return sell.code;
	if (buy.code !== CODES.SETTLED) return buy.code;
	const { sellerPriceSatPerKwh: sellerPrice, buyerPriceSatPerKwh: buyerPrice } = trade;
	if (sellerPrice < sell.planned.order.priceSatPerKwh) return CODES.BELOW_SELL_LIMIT;
	if (buyerPrice > buy.planned.order.priceSatPerKwh) return CODES.ABOVE_BUY_LIMIT;
	const { sellZoneId, buyZoneId } = zonesOf(window, trade);
	const charge = buyerPrice - sellerPrice;
	if (charge < 0 || charge > chargeCapSatPerKwh(rules, sellZoneId, buyZoneId)) return CODES.CHARGE_CAP;
	if (sellerPrice < rules.floorSatPerKwh || buyerPrice > rules.ceilingSatPerKwh) return CODES.PRICE_BAND;
	if (trade.lossWh * 1000 > trade.energyWh * rules.lossCapPermille) return CODES.LOSS_CAP;
	for (const zoneId of [sellZoneId, buyZoneId]) {
		const code = zoneCode(zoneRules[zoneId - 1], sellerPrice, buyerPrice);
		if (code !== CODES.SETTLED) return code;
	}
	if (sell.filledWh + trade.energyWh > sell.planned.order.energyWh) return CODES.SELL_OVERFILLED;
	if (buy.filledWh + trade.energyWh > buy.planned.order.energyWh) return CODES.BUY_OVERFILLED;
	return CODES.SETTLED;
}

function zoneCode(rule: ZoneRule | undefined, sellerPrice: number, buyerPrice: number): SettlementCode {
	if (rule === undefined) return CODES.SETTLED;
	if (rule.halted) return CODES.ZONE_HALTED;
	const outside = sellerPrice < rule.floorSatPerKwh || buyerPrice > rule.ceilingSatPerKwh;
	return outside ? CODES.PRICE_BAND : CODES.SETTLED;
}

type ChunkMoney = {
	balances: Map<Address, number>;
	obligations: ReadonlyMap<number, number>;
	passed: Map<number, number>;
	chargesMsat: ChargeTotals;
};

function pay(window: WindowMemory, trade: PlannedTrade, admission: Admission, money: ChunkMoney): TradeOutcome {
	const outcome: TradeOutcome = {
		tradeId: trade.tradeId,
		code: admission.code,
		deliveredWh: 0,
		lostWh: 0,
		shortWh: 0,
		curtailedWh: 0,
		buyerPaidMsat: 0,
		sellerReceivedMsat: 0,
		compensationMsat: 0,
	};
	if (admission.code !== CODES.SETTLED) return outcome;
	const { deliveredWh, injectedWh } = deliver(window, trade, admission, money);
	const buyerPaidMsat = deliveredWh * trade.buyerPriceSatPerKwh;
	const buyerBalance = money.balances.get(trade.buyer) as number;
	if (buyerBalance < buyerPaidMsat) return { ...outcome, code: CODES.FUNDS_INSUFFICIENT };
	money.balances.set(trade.buyer, buyerBalance - buyerPaidMsat);
	const sellerReceivedMsat = deliveredWh * trade.sellerPriceSatPerKwh;
	money.balances.set(trade.seller, (money.balances.get(trade.seller) as number) + sellerReceivedMsat);
	const { sellZoneId, buyZoneId } = zonesOf(window, trade);
	const charge = trade.buyerPriceSatPerKwh - trade.sellerPriceSatPerKwh;
	const parts = chargeParts(window.state.rules, sellZoneId, buyZoneId, charge);
	for (const [receiver, satPerKwh] of Object.entries(parts) as [keyof ChargeTotals, number][]) {
		money.chargesMsat[receiver] += satPerKwh * deliveredWh;
	}
	const shortWh = admission.energyWh - deliveredWh;
	const zonePrice = window.state.shortfallSatPerKwhByZone[sellZoneId - 1] ?? 0;
	const shortfallPrice = zonePrice === 0 ? window.state.rules.shortfallSatPerKwh : zonePrice;
	const owedMsat = shortWh * Math.max(0, shortfallPrice - trade.sellerPriceSatPerKwh);
	const compensationMsat = Math.min(owedMsat, money.balances.get(trade.seller) as number);
	money.balances.set(trade.seller, (money.balances.get(trade.seller) as number) - compensationMsat);
	money.balances.set(trade.buyer, (money.balances.get(trade.buyer) as number) + compensationMsat);
	return {
		...outcome,
		deliveredWh,
		lostWh: injectedWh - deliveredWh,
		shortWh,
		curtailedWh: trade.energyWh - admission.energyWh,
		buyerPaidMsat,
		sellerReceivedMsat,
		compensationMsat,
	};
}

/**
 * A trade's share of its meter's reading. Shares are differences of one rising step function, so they sum to the reading
 * exactly, whatever the number of trades.
 */
function deliver(window: WindowMemory, trade: PlannedTrade, admission: Admission, money: ChunkMoney) {
	const meter = window.state.meters.get(trade.sellMeterId) as SettlementMeter;
	const readingWh = Math.min(window.readings.get(trade.sellMeterId) as number, meter.maxWindowWh);
	const owedWh = money.obligations.get(trade.sellMeterId) as number;
	const neededWh = admission.energyWh + admission.lossWh;
	if (readingWh >= owedWh) return { deliveredWh: admission.energyWh, injectedWh: neededWh };
	const before = money.passed.get(trade.sellMeterId) ?? 0;
	money.passed.set(trade.sellMeterId, before + neededWh);
	const injectedWh = share(readingWh, before + neededWh, owedWh) - share(readingWh, before, owedWh);
	const deliveredWh = injectedWh === neededWh ? admission.energyWh : share(injectedWh, admission.energyWh, neededWh);
	return { deliveredWh, injectedWh };
}

/** `floor(amount × part / whole)`; the product may exceed 2^53. */
function share(amount: number, part: number, whole: number): number {
	return Number((BigInt(amount) * BigInt(part)) / BigInt(whole));
}

function keepFills(window: WindowMemory, orders: readonly OrderMemory[]): void {
	for (const { planned, filledWh, touched, stored } of orders) {
		if (planned.order.side === "sell" || !touched) continue;
		if (stored) window.storedFills.set(planned.orderHash, filledWh);
		const account = accountOf(window, planned.order.trader);
		account.cursorWindow = window.plan.windowId;
		account.cursorSequence = stored ? 0 : planned.order.sequence;
		account.cursorFillWh = stored ? 0 : filledWh;
	}
}

/** Writes balances back and returns the net change of every account; together they are zero. */
function close(
	window: WindowMemory,
	balances: ReadonlyMap<Address, number>,
	charges: ChargeTotals,
): Map<Address, number> {
	const deltas = new Map<Address, number>();
	for (const [account, balance] of balances)
		addDelta(deltas, account, balance - accountOf(window, account).balanceMsat);
	for (const [receiver, amountMsat] of Object.entries(charges) as [keyof ChargeTotals, number][]) {
		addDelta(deltas, window.state.chargeAccounts[receiver], amountMsat);
	}
	let sum = 0;
	for (const [account, delta] of deltas) {
		accountOf(window, account).balanceMsat += delta;
		sum += delta;
		if (delta === 0) deltas.delete(account);
	}
	if (sum !== 0) throw new Error(`settlement of window ${window.plan.windowId} would create ${sum} msat`);
	return deltas;
}

function addDelta(deltas: Map<Address, number>, account: Address, deltaMsat: number): void {
	deltas.set(account, (deltas.get(account) ?? 0) + deltaMsat);
}

function accountOf(window: WindowMemory, account: Address): SettlementAccount {
	const held = window.accounts.get(account) ?? { ...UNKNOWN_ACCOUNT };
	window.accounts.set(account, held);
	return held;
}

const UNKNOWN_ACCOUNT: SettlementAccount = {
	balanceMsat: 0,
	epoch: 0,
	exitFromWindow: 0,
	licensedUntilWindow: 0,
	tier: 0,
	cursorWindow: 0,
	cursorSequence: 0,
	cursorFillWh: 0,
};

/** Zones as registered, not as the trade claims. */
function zonesOf(window: WindowMemory, trade: PlannedTrade): { sellZoneId: number; buyZoneId: number } {
	const sell = window.state.meters.get(trade.sellMeterId) as SettlementMeter;
	const buy = window.state.meters.get(trade.buyMeterId) as SettlementMeter;
	return { sellZoneId: sell.zoneId, buyZoneId: buy.zoneId };
}

function roomUnderCap(window: WindowMemory, zoneId: number, used: ReadonlyMap<number, number>): number {
	const capWh = window.state.zoneRules[zoneId - 1]?.capWh ?? null;
	return capWh === null ? Number.POSITIVE_INFINITY : Math.max(0, capWh - (used.get(zoneId) ?? 0));
}

function useCap(window: WindowMemory, zoneId: number, used: Map<number, number>, energyWh: number): void {
	if ((window.state.zoneRules[zoneId - 1]?.capWh ?? null) === null) return;
	used.set(zoneId, (used.get(zoneId) ?? 0) + energyWh);
}

function noCharges(): ChargeTotals {
	return { EGAT: 0, MEA: 0, PEA: 0, congestion: 0, platform: 0 };
}

function addCharges(a: ChargeTotals, b: ChargeTotals): ChargeTotals {
	return {
		EGAT: a.EGAT + b.EGAT,
		MEA: a.MEA + b.MEA,
		PEA: a.PEA + b.PEA,
		congestion: a.congestion + b.congestion,
		platform: a.platform + b.platform,
	};
}

function sumDeltas(parts: readonly ReadonlyMap<Address, number>[]): Map<Address, number> {
	const sum = new Map<Address, number>();
	for (const part of parts) for (const [account, delta] of part) addDelta(sum, account, delta);
	for (const [account, delta] of sum) if (delta === 0) sum.delete(account);
	return sum;
}
