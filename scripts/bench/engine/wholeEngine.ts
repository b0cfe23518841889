import { hash as digest } from "node:crypto";
import type { ChainFactBody, EngineInput, PlaceEnergyOrder } from "../../../offchain/domain/engine/EngineInput.ts";
import { TradingEngine } from "../../../offchain/domain/engine/TradingEngine.ts";
import type { GridLimits } from "../../../offchain/domain/grid/GridLimits.ts";
import { feederNodeId } from "../../../offchain/domain/grid/thai/thaiFeederTree.ts";
import { thaiGridLimits } from "../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { ZonalWindowHeadroom } from "../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { DEFAULT_WHEELING, zonePairCharges, zonePairLosses } from "../../../offchain/domain/grid/zonePairCharges.ts";
import type { Order } from "../../../offchain/domain/orders/Order.ts";
import type { Address, Hash32 } from "../../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../../offchain/domain/units/units.ts";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { loadThaiNetwork } from "../../../offchain/infrastructure/grid/loadThaiNetwork.ts";

export const PARTICIPANTS = 2_000;
export const HIGHEST_PRICE = 60_000;
const ZONES = 13;
/** 16:30 in Bangkok: every window of the next day is open. */
export const NOW_SECONDS = 1_800_005_400;
export const FIRST_WINDOW = windowAt(NOW_SECONDS) + 4;

export const THAI_LIMITS = thaiGridLimits(loadThaiNetwork());
export const THAI_CHARGES = zonePairCharges({
	satPerThb: 30,
	wheeling: DEFAULT_WHEELING,
	platformSatPerKwh: 1,
	lossPriceSatPerKwh: 100,
	lossPartsPerMillion: zonePairLosses(THAI_LIMITS),
});

/**
 * The whole engine with 2,000 licensed and funded participants in thirteen zones, each with a meter on a feeder: even
 * indices behind the first substation of their zone, odd ones behind the second.
 */
export function preparedEngine(limits: GridLimits = THAI_LIMITS, callSeconds = 0): TradingEngine {
	const engine = new TradingEngine({
		create: (made) => new ZonalWindowHeadroom(made),
		restore: ZonalWindowHeadroom.restore,
	});
	let sequence = 0;
	for (const input of setUp(limits, callSeconds)) engine.apply(++sequence, input);
	return engine;
}

function setUp(limits: GridLimits, callSeconds: number): EngineInput[] {
	const band = { floorSatPerKwh: 0, ceilingSatPerKwh: HIGHEST_PRICE, tickSatPerKwh: 1 };
	const inputs: EngineInput[] = [
		{ type: "SetMarketRules", fromWindow: 0, ...band, shortfallMarginSatPerKwh: 100, callSeconds },
		{ type: "SetZoneCharges", charges: THAI_CHARGES },
		{ type: "SetGridLimits", fromWindow: 0, toWindow: 1e9, limits },
	];
	let position = 0;
	const fact = (body: ChainFactBody) => inputs.push({ type: "ChainFact", position: ++position, fact: body });
	for (let index = 0; index < PARTICIPANTS; index++) {
		const account = participant(index);
		const zoneId = 1 + (index % ZONES);
		fact({ kind: "ParticipantLicensed", account, tier: 1, validUntil: NOW_SECONDS * 2 });
		fact({
			kind: "MeterRegistered",
			meterId: index + 1,
			owner: account,
			zoneId,
			source: index % 3 === 0 ? "gas" : "rooftopSolar",
			maxWindowWh: 1_000_000_000,
			nodeId: feederNodeId(zoneId, 1 + (index % 2), 1 + ((index >> 1) % 2)),
		});
		fact({ kind: "Deposited", account, amountMsat: 1_000_000_000_000 });
	}
	inputs.push({ type: "AdvanceClock", nowSeconds: NOW_SECONDS });
	return inputs;
}

/** A limit order, good till cancelled, or a market order, immediate or cancel. */
export function placement(
	number: number,
	index: number,
	order: Pick<Order, "windowId" | "side" | "orderClass"> & { price: number; wh: number },
): PlaceEnergyOrder {
	const { windowId, side, orderClass, price, wh } = order;
	return {
		type: "PlaceEnergyOrder",
		order: {
			trader: participant(index),
			meterId: index + 1,
			windowId,
			side,
			orderClass,
			timeInForce: orderClass === "market" ? "ioc" : "gtc",
			postOnly: false,
			selfTradeMode: "cancelNewest",
			priceSatPerKwh: priceSatPerKwh(price),
			energyWh: energyWh(wh),
			sequence: number,
			epoch: 0,
			validUntil: 0,
			directiveId: 0,
		},
		orderHash: orderHash(number),
		signature: "0x00",
	};
}

export function participant(index: number): Address {
	return `0x${(0xace0000 + index).toString(16).padStart(40, "0")}`;
}

export function orderHash(number: number): Hash32 {
	return `0x${digest("sha256", String(number))}`;
}
