import type { ParticipantKind } from "../participants/Participant.ts";
import { consumerStrategy } from "./consumerStrategy.ts";
import { generatorStrategy, rooftopStrategy } from "./generatorStrategy.ts";
import { marketMakerStrategy } from "./marketMakerStrategy.ts";
import type { Strategy } from "./OrderIntent.ts";
import { retailerStrategy } from "./retailerStrategy.ts";
import { storageStrategy } from "./storageStrategy.ts";

const nothing: Strategy = () => [];

/** A prosumer sells his surplus, or buys what his roof does not give; never both in one window. */
const prosumerStrategy: Strategy = (participant, context) => {
	const sells = rooftopStrategy(participant, context);
	return sells.length > 0 ? sells : consumerStrategy(participant, context);
};

const STRATEGIES: Record<ParticipantKind, Strategy> = {
	prosumer: prosumerStrategy,
	household: consumerStrategy,
	factory: consumerStrategy,
	hydroPlant: generatorStrategy,
	windPlant: generatorStrategy,
	solarPlant: generatorStrategy,
	biomassPlant: generatorStrategy,
	battery: storageStrategy,
	retailer: retailerStrategy,
	marketMaker: marketMakerStrategy,
	// These two act when automatic control calls: see simulators/reserves and the balancing service.
	reserveProvider: nothing,
	gridOperator: nothing,
	// These two only make the mistakes planned for them.
	unlicensed: nothing,
	underfunded: nothing,
};

export function strategyOf(kind: ParticipantKind): Strategy {
	return STRATEGIES[kind];
}
