import type { Order } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import { energyWh, priceSatPerKwh } from "../../domain/units/units.ts";
import { type WindowId, windowStart } from "../../domain/units/window.ts";
import type { Participant } from "../participants/Participant.ts";
import type { OrderIntent, StrategyContext } from "../strategies/OrderIntent.ts";
import { plannedMistakes } from "../strategies/plannedMistakes.ts";
import { strategyOf } from "../strategies/strategyOf.ts";

/** One thing a participant will do, in market time. */
export type PlannedAction =
	| {
			type: "place";
			atSeconds: number;
			participant: Participant;
			order: Order;
			expectedReasons: readonly ReasonCode[];
			signedByStranger: boolean;
			/** Sequence of the order that must have been withdrawn first; it is not placed when that one had gone. */
			replacesSequence: number | null;
	  }
	| { type: "cancel"; atSeconds: number; participant: Participant; windowId: WindowId; sequence: number };

/**
 * Everything the population does in one window, in the order of its time. Each account numbers its orders 1, 2, 3 … in
 * that order. Nothing but the context goes in: a restarted market plans the same and continues.
 */
export function planWindow(context: StrategyContext): PlannedAction[] {
	const mistakes = plannedMistakes(context);
	return context.population
		.flatMap((participant) => planParticipant(participant, context, mistakes.get(participant.index) ?? []))
		.sort((a, b) => a.atSeconds - b.atSeconds || a.participant.index - b.participant.index);
}

type Step =
	| { type: "place"; intent: OrderIntent; replaces: OrderIntent | null; leadSeconds: number }
	| { type: "cancel"; intent: OrderIntent; leadSeconds: number };

function planParticipant(participant: Participant, context: StrategyContext, mistakes: OrderIntent[]): PlannedAction[] {
	const intents = [...strategyOf(participant.kind)(participant, context), ...mistakes];
	const steps = intents.flatMap(stepsOf).sort((a, b) => b.leadSeconds - a.leadSeconds);
	const start = windowStart(context.windowId);
	const sequences = new Map<OrderIntent, number>();
	let lastSequence = 0;
	return steps.map((step): PlannedAction => {
		const atSeconds = start - step.leadSeconds;
		if (step.type === "cancel") {
			const sequence = sequences.get(step.intent) as number;
			return { type: "cancel", atSeconds, participant, windowId: context.windowId, sequence };
		}
		const repeats = step.intent.repeatsSequence === true && lastSequence > 0;
		if (!repeats) lastSequence += 1;
		sequences.set(step.intent, lastSequence);
		return {
			type: "place",
			atSeconds,
			participant,
			order: orderOf(step.intent, participant, context.windowId, lastSequence),
			expectedReasons: step.intent.expectedReasons ?? [],
			signedByStranger: step.intent.signedByStranger ?? false,
			replacesSequence: step.replaces === null ? null : (sequences.get(step.replaces) as number),
		};
	});
}

/** A cancel precedes its replacement: sorting keeps their order because it is stable. */
function stepsOf(intent: OrderIntent): Step[] {
	const steps: Step[] = [{ type: "place", intent, replaces: null, leadSeconds: intent.leadSeconds }];
	if (intent.cancel === undefined) return steps;
	steps.push({ type: "cancel", intent, leadSeconds: intent.cancel.leadSeconds });
	const { replacement } = intent.cancel;
	if (replacement === undefined) return steps;
	steps.push({ type: "place", intent: replacement, replaces: intent, leadSeconds: intent.cancel.leadSeconds });
	return steps;
}

function orderOf(intent: OrderIntent, participant: Participant, windowId: WindowId, sequence: number): Order {
	return {
		trader: participant.address,
		meterId: intent.meterId,
		windowId,
		side: intent.side,
		orderClass: intent.orderClass ?? "limit",
		timeInForce: intent.timeInForce ?? "gtc",
		postOnly: intent.postOnly ?? false,
		selfTradeMode: intent.selfTradeMode ?? "cancelNewest",
		priceSatPerKwh: priceSatPerKwh(intent.priceSatPerKwh),
		energyWh: energyWh(intent.energyWh),
		sequence,
		epoch: 0,
		validUntil: intent.validUntil ?? 0,
		directiveId: 0,
	};
}
