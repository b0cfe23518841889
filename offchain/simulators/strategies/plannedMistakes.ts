import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import { GATE_CLOSURE_SECONDS } from "../market/tradingTimes.ts";
import type { Participant, SimulatedMeter } from "../participants/Participant.ts";
import { deterministicInteger } from "../random/deterministicUnit.ts";
import { crossZoneLead } from "./chance.ts";
import type { OrderIntent, StrategyContext } from "./OrderIntent.ts";

type Mistake = {
	/** Who can make it. */
	by: (participant: Participant) => boolean;
	/** The first is the one aimed at; a venue that checks in another order may name another of them. */
	expected: ReasonCode[];
	change: (intent: OrderIntent, context: StrategyContext) => Partial<OrderIntent>;
};

const consumer = ({ kind }: Participant) => kind === "factory" || kind === "household";
const plant = ({ kind }: Participant) => kind === "biomassPlant" || kind === "hydroPlant";

/** Orders that must be refused, each with the reason for it. Every window has one of each. */
const MISTAKES: Mistake[] = [
	{
		by: consumer,
		expected: ["PRICE_BAND"],
		change: (_, { tariffs }) => ({ priceSatPerKwh: tariffs.ceilingSatPerKwh + 50 }),
	},
	{
		by: plant,
		// Below a floor of one or two satoshi only zero is left, which is no price at all.
		expected: ["PRICE_BAND", "MALFORMED"],
		change: (_, { tariffs }) => ({ priceSatPerKwh: Math.max(0, tariffs.floorSatPerKwh - 5) }),
	},
	{ by: plant, expected: ["METER_CAPACITY"], change: () => ({ energyWh: 400_000_000 }) },
	{ by: consumer, expected: ["METER_CANNOT_SELL", "METER_CAPACITY"], change: () => ({ side: "sell" }) },
	{
		by: consumer,
		expected: ["METER_NOT_OWNED"],
		change: (intent, context) => ({ meterId: someoneElses(intent, context) }),
	},
	{ by: consumer, expected: ["METER_UNKNOWN"], change: () => ({ meterId: 4_000_000 }) },
	{ by: consumer, expected: ["QUANTITY_RANGE", "MALFORMED"], change: () => ({ energyWh: 0 }) },
	{
		by: consumer,
		expected: ["SIGNATURE_INVALID", "SIGNER_NOT_AUTHORISED"],
		change: () => ({ signedByStranger: true }),
	},
	{
		by: plant,
		expected: ["DIRECTIVE_REQUIRED", "CLASS_NOT_ALLOWED", "MALFORMED"],
		change: () => ({ orderClass: "emergency" }),
	},
	{ by: plant, expected: ["CLASS_NOT_ALLOWED", "DIRECTIVE_REQUIRED"], change: () => ({ orderClass: "gridBalancing" }) },
	{
		by: consumer,
		expected: ["VALID_UNTIL_INVALID", "MALFORMED"],
		change: () => ({ timeInForce: "gtt", validUntil: 1 }),
	},
	{
		by: consumer,
		expected: ["FILL_OR_KILL"],
		change: (_, { tariffs }) => ({ timeInForce: "fok", priceSatPerKwh: tariffs.floorSatPerKwh }),
	},
	{ by: consumer, expected: ["GATE_CLOSED"], change: () => ({ leadSeconds: GATE_CLOSURE_SECONDS - 120 }) },
	{ by: ({ kind }) => kind === "unlicensed", expected: ["LICENCE_MISSING", "METER_NOT_OWNED"], change: () => ({}) },
	{ by: ({ kind }) => kind === "underfunded", expected: ["FUNDS_INSUFFICIENT"], change: () => ({}) },
	{ by: consumer, expected: ["DUPLICATE_SEQUENCE"], change: () => ({ repeatsSequence: true }) },
];

/** The refusals of one window, by the index of the participant who makes them. */
export function plannedMistakes(context: StrategyContext): Map<number, OrderIntent[]> {
	const intents = new Map<number, OrderIntent[]>();
	for (const [place, mistake] of MISTAKES.entries()) {
		const able = context.population.filter(mistake.by);
		const throwDice = (salt: number, high: number) =>
			deterministicInteger(0, high, context.seed, context.windowId, place, salt);
		const participant = able[throwDice(1, able.length - 1)];
		if (participant === undefined) continue;
		const honest = honestIntent(participant, context, throwDice(2, 1000) / 1000);
		const intent = { ...honest, ...mistake.change(honest, context), expectedReasons: mistake.expected };
		intents.set(participant.index, [...(intents.get(participant.index) ?? []), intent]);
	}
	return intents;
}

/** A modest order that nothing would be wrong with. */
function honestIntent(participant: Participant, context: StrategyContext, unit: number): OrderIntent {
	const meter = participant.meters[0] ?? (context.population[0] as Participant).meters[0];
	const { meterId, maxWindowWh } = meter as SimulatedMeter;
	return {
		meterId,
		side: maxWindowWh > 0 && participant.meters.length > 0 ? "sell" : "buy",
		priceSatPerKwh: context.tariffs.feedInSatPerKwh(),
		energyWh: 500,
		leadSeconds: crossZoneLead(unit),
	};
}

function someoneElses(intent: OrderIntent, { population }: StrategyContext): number {
	const others = population.flatMap(({ meters }) => meters).filter(({ meterId }) => meterId !== intent.meterId);
	return (others[0] as SimulatedMeter).meterId;
}
