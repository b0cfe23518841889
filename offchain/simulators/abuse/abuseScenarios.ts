import type { OrderIntent } from "../strategies/OrderIntent.ts";

/** Forms of market abuse that surveillance has to find (SPEC L4). */
export const ABUSE_KINDS = [
	"washTrading",
	"spoofing",
	"layering",
	"markingTheClose",
	"excessiveOrderToTrade",
	"capacityWithholding",
] as const;
export type AbuseKind = (typeof ABUSE_KINDS)[number];

/** One account's abusive part. Two accounts of one beneficial owner share a `owner` name. */
export type AbuseActor = { owner: string; intents: OrderIntent[] };

export type AbuseStage = {
	/** A meter that sells, with its nameplate. */
	sellMeterId: number;
	nameplateWh: number;
	/** A meter that buys, of another account. */
	buyMeterId: number;
	/** Where the market stands, all-in sat/kWh. */
	fairSatPerKwh: number;
	/** What a buyer pays on top of the seller's net price between the two meters. */
	chargesSatPerKwh: number;
};

const MINUTE_SECONDS = 60;
const SPOOF_ROUNDS = 12;
const LAYERS = 8;
const CHURN_ORDERS = 220;

/** The orders of one abusive episode in one window, by the two accounts involved (the second may be empty). */
export function abuseScenario(kind: AbuseKind, stage: AbuseStage): AbuseActor[] {
	return SCENARIOS[kind](stage);
}

const SCENARIOS: Record<AbuseKind, (stage: AbuseStage) => AbuseActor[]> = {
	/** Two accounts of one owner trade with each other at an invented price, over and over. */
	washTrading: (stage) => {
		const net = stage.fairSatPerKwh - stage.chargesSatPerKwh + 40;
		const rounds = Array.from({ length: SPOOF_ROUNDS }, (_, round) => 45 * MINUTE_SECONDS - round * 2 * MINUTE_SECONDS);
		return [
			{ owner: "ring", intents: rounds.map((lead) => sell(stage, net, stage.nameplateWh / 40, lead)) },
			{
				owner: "ring",
				intents: rounds.map((lead) => buy(stage, net + stage.chargesSatPerKwh, stage.nameplateWh / 40, lead - 5)),
			},
		];
	},
	/** A large bid nobody is meant to hit lifts the price, the owner's other account sells, the bid is withdrawn. */
	spoofing: (stage) => {
		const rounds = Array.from({ length: SPOOF_ROUNDS }, (_, round) => 45 * MINUTE_SECONDS - round * 2 * MINUTE_SECONDS);
		return [
			{
				owner: "spoofer",
				intents: rounds.map((lead) =>
					withdrawn(buy(stage, stage.fairSatPerKwh - 4, stage.nameplateWh * 10, lead), lead - MINUTE_SECONDS),
				),
			},
			{
				owner: "spoofer",
				intents: rounds.map((lead) =>
					sell(stage, stage.fairSatPerKwh - stage.chargesSatPerKwh + 6, stage.nameplateWh / 40, lead - 30),
				),
			},
		];
	},
	/** The same with many levels instead of one large order. */
	layering: (stage) => [
		{
			owner: "layerer",
			intents: Array.from({ length: LAYERS }, (_, level) =>
				withdrawn(
					buy(stage, stage.fairSatPerKwh - 3 - level, stage.nameplateWh * 2, 40 * MINUTE_SECONDS - level),
					36 * MINUTE_SECONDS,
				),
			),
		},
		{
			owner: "layerer",
			intents: [
				sell(stage, stage.fairSatPerKwh - stage.chargesSatPerKwh + 8, stage.nameplateWh / 4, 38 * MINUTE_SECONDS),
			],
		},
	],
	/** Small purchases at the ceiling in the last minute set the window's last price. */
	markingTheClose: (stage) => [
		{
			owner: "closer",
			intents: Array.from({ length: 5 }, (_, index) => ({
				...buy(stage, stage.fairSatPerKwh + 120, 200, 6 * MINUTE_SECONDS - index * 8),
				timeInForce: "ioc" as const,
			})),
		},
	],
	/** Hundreds of quotes far from the market, each withdrawn seconds later. */
	excessiveOrderToTrade: (stage) => [
		{
			owner: "churner",
			intents: Array.from({ length: CHURN_ORDERS }, (_, index) => {
				const lead = 48 * MINUTE_SECONDS - index * 8;
				return withdrawn(buy(stage, stage.fairSatPerKwh - 60, 1_000, lead), lead - 4);
			}),
		},
	],
	/** A plant offers a sliver of what it can give, and that at the ceiling. */
	capacityWithholding: (stage) => [
		{
			owner: "withholder",
			intents: [sell(stage, stage.fairSatPerKwh + 150, stage.nameplateWh / 50, 45 * MINUTE_SECONDS)],
		},
	],
};

function sell(stage: AbuseStage, priceSatPerKwh: number, energyWh: number, leadSeconds: number): OrderIntent {
	return { meterId: stage.sellMeterId, side: "sell", priceSatPerKwh, energyWh: Math.floor(energyWh), leadSeconds };
}

function buy(stage: AbuseStage, priceSatPerKwh: number, energyWh: number, leadSeconds: number): OrderIntent {
	return { meterId: stage.buyMeterId, side: "buy", priceSatPerKwh, energyWh: Math.floor(energyWh), leadSeconds };
}

function withdrawn(intent: OrderIntent, leadSeconds: number): OrderIntent {
	return { ...intent, cancel: { leadSeconds } };
}
