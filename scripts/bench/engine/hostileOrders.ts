import type { EngineInput } from "../../../offchain/domain/engine/EngineInput.ts";
import type { GridLimits } from "../../../offchain/domain/grid/GridLimits.ts";
import type { Scenario } from "./adversarial.ts";
import {
	FIRST_WINDOW,
	HIGHEST_PRICE,
	NOW_SECONDS,
	PARTICIPANTS,
	placement,
	preparedEngine,
	THAI_CHARGES,
	THAI_LIMITS,
} from "./wholeEngine.ts";

const ORDERS = 20_000;
/** From the opening at 16:00, half an hour before the engine's clock. */
const CALL_SECONDS = 3_600;
/** Tomorrow's: it opened with a call. */
const CALLED_WINDOW = FIRST_WINDOW + 40;

/** Sellers' and buyers' substations are apart and neither lets anything through: every candidate is refused. */
export const blockedFeeders: Scenario = () =>
	crossingOrders(
		{ ...THAI_LIMITS, nodes: THAI_LIMITS.nodes.map((node) => ({ ...node, exportWh: 0, importWh: 0 })) },
		1_000,
	);

/** Orders of one Wh, of which any loss is more than the regulator's cap: none can ever trade. */
export const tooLittle: Scenario = () => crossingOrders({ ...THAI_LIMITS, lossCapPartsPerMillion: 50_000 }, 1);

/** Orders that all cross, and at the end new charges, after which every one of them looks again. */
function crossingOrders(limits: GridLimits, wh: number): ReturnType<Scenario> {
	const engine = preparedEngine(limits);
	const inputs: EngineInput[] = Array.from({ length: ORDERS }, (_, at) =>
		placement(at + 1, at % PARTICIPANTS, {
			windowId: FIRST_WINDOW,
			side: at % 2 === 0 ? "sell" : "buy",
			orderClass: "limit",
			price: at % 2 === 0 ? 100 + (at % 61) : 1_000 - (at % 61),
			wh,
		}),
	);
	inputs.push({ type: "SetZoneCharges", charges: THAI_CHARGES });
	return { operations: inputs.length, operate: (at) => engine.apply(10_000 + at, inputs[at] as EngineInput) };
}

/** One auction of 20,000 orders at as many prices as there are, ms; the grid takes a part of it. */
export function auctionMilliseconds(): number {
	const engine = preparedEngine(THAI_LIMITS, CALL_SECONDS);
	for (let at = 0; at < ORDERS; at++) {
		const order = {
			windowId: CALLED_WINDOW,
			side: at % 2 === 0 ? "sell" : "buy",
			orderClass: "limit",
			price: (at * 7_919) % HIGHEST_PRICE,
			wh: 1 + ((at * 104_729) % 50_000),
		} as const;
		engine.apply(10_000 + at, placement(at + 1, at % PARTICIPANTS, order));
	}
	const started = performance.now();
	const events = engine.apply(10_000 + ORDERS, { type: "AdvanceClock", nowSeconds: NOW_SECONDS + CALL_SECONDS });
	const milliseconds = performance.now() - started;
	if (!events.some(({ type }) => type === "TradeExecuted")) throw new Error("nothing was traded in the auction");
	return milliseconds;
}
