import { createHash } from "node:crypto";
import type { EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import type { Address, Hash32 } from "../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../offchain/domain/units/units.ts";
import { windowAt } from "../../offchain/domain/units/window.ts";

const PARTICIPANTS = 2_000;
const WINDOWS = 64;
/** 16:30 in Bangkok: every window of the next day is open. */
const NOW_SECONDS = 1_800_005_400;
const ZONES = 13;

/** A market without a chain: rules, charges, licensed participants with meters and collateral. */
export function marketSetUp(): EngineInput[] {
	const charges = { lossSatPerKwh: 0, wheelingSatPerKwh: 2, congestionSatPerKwh: 0, platformSatPerKwh: 1 };
	const inputs: EngineInput[] = [
		{ type: "AdvanceClock", nowSeconds: NOW_SECONDS },
		{
			type: "SetMarketRules",
			fromWindow: 0,
			floorSatPerKwh: 10,
			ceilingSatPerKwh: 2000,
			tickSatPerKwh: 1,
			shortfallMarginSatPerKwh: 100,
		},
		{ type: "SetZoneCharges", charges: Array.from({ length: 16 }, () => Array.from({ length: 16 }, () => charges)) },
	];
	let position = 1;
	for (let index = 0; index < PARTICIPANTS; index++) {
		const account = participant(index);
		const facts = [
			{ kind: "ParticipantLicensed" as const, account, tier: 1, validUntil: NOW_SECONDS * 2 },
			{
				kind: "MeterRegistered" as const,
				meterId: index + 1,
				owner: account,
				zoneId: 1 + (index % ZONES),
				source: index % 2 === 0 ? ("rooftopSolar" as const) : ("none" as const),
				maxWindowWh: index % 2 === 0 ? 1_000_000_000 : 0,
				nodeId: 0,
			},
			{ kind: "Deposited" as const, account, amountMsat: 1_000_000_000_000 },
		];
		for (const fact of facts) inputs.push({ type: "ChainFact", position: position++, fact });
	}
	// Opens the sessions of the day ahead.
	inputs.push({ type: "AdvanceClock", nowSeconds: NOW_SECONDS + 1 });
	return inputs;
}

/** Orders that rest, cross and are cancelled, over many windows and zones; the same seed gives the same stream. */
export function orderStream(count: number, seed: number): EngineInput[] {
	const random = generator(seed);
	const firstWindow = windowAt(NOW_SECONDS) + 4;
	const placed: { account: Address; orderHash: Hash32 }[] = [];
	return Array.from({ length: count }, (_, number) => {
		if (placed.length > 100 && random(100) < 15) {
			const target = placed[placed.length - 1 - random(100)] as (typeof placed)[number];
			return { type: "CancelOrder" as const, ...target };
		}
		const index = random(PARTICIPANTS);
		const isSell = index % 2 === 0;
		const orderHash: Hash32 = `0x${createHash("sha256").update(`${seed} ${number}`).digest("hex")}`;
		const trader = participant(index);
		placed.push({ account: trader, orderHash });
		return {
			type: "PlaceEnergyOrder" as const,
			orderHash,
			signature: `0x${orderHash.slice(2)}${orderHash.slice(2)}` as const,
			order: {
				trader,
				meterId: index + 1,
				windowId: firstWindow + random(WINDOWS),
				side: isSell ? ("sell" as const) : ("buy" as const),
				orderClass: "limit" as const,
				timeInForce: "gtc" as const,
				postOnly: false,
				selfTradeMode: "cancelNewest" as const,
				priceSatPerKwh: priceSatPerKwh(isSell ? 100 + random(50) : 90 + random(50)),
				energyWh: energyWh(100 * (1 + random(20))),
				sequence: seed * 10_000_000 + number,
				epoch: 0,
				validUntil: 0,
				directiveId: 0,
			},
		};
	});
}

function participant(index: number): Address {
	return `0x${(0xace0000 + index).toString(16).padStart(40, "0")}`;
}

/** xorshift32: whole numbers below a bound. */
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
