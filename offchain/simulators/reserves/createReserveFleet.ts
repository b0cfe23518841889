import { privateKeyToAddress } from "viem/accounts";
import type { RegisteredReserve } from "../../application/ports/Balancing.ts";
import type { BalancingPoint } from "../../application/services/BalancingService.ts";
import type { ReserveOffer } from "../../domain/grid/balancing/reserves.ts";
import type { EnergySource } from "../../domain/grid/energySource.ts";
import { type ZoneCode, zoneCode, zoneId } from "../../domain/grid/zones.ts";
import type { Address, Hex } from "../../domain/units/Address.ts";
import { WH_PER_MW_WINDOW } from "../../domain/units/units.ts";
import type { Participant, SimulatedMeter } from "../participants/Participant.ts";
import { participantKey } from "../participants/participantKey.ts";
import { zonePlaces } from "../participants/zonePlaces.ts";

/** One provider's standing offer. Sizes are those of the small plants an exchange of a few hundred participants has. */
type Provider = {
	name: string;
	zone: ZoneCode;
	source: EnergySource;
	direction: ReserveOffer["direction"];
	capacityMw: number;
	activationSeconds: number;
	holdingSatPerMwHour: number;
	energySatPerKwh: number;
	/** Reduces consumption instead of injecting. */
	isDemandResponse?: true;
};

const PROVIDERS: readonly Provider[] = [
	provider("battery MEA", "MEA", "battery", "up", 1.2, 1, 900, 118),
	provider("battery C2", "C2", "battery", "up", 0.8, 1, 950, 116),
	provider("hydro C3", "C3", "hydro", "up", 2.0, 20, 600, 102),
	provider("hydro S2", "S2", "hydro", "up", 1.5, 25, 640, 104),
	provider("hydro N2", "N2", "hydro", "up", 1.5, 120, 420, 98),
	provider("gas turbine C1", "C1", "gas", "up", 3.0, 280, 380, 124),
	provider("gas turbine MEA", "MEA", "gas", "up", 4.0, 600, 240, 128),
	{ ...provider("cold stores C1", "C1", "none", "up", 0.05, 600, 120, 95), isDemandResponse: true },
	provider("battery C3", "C3", "battery", "down", 1.0, 1, 300, 74),
	provider("pumped hydro C1", "C1", "battery", "down", 2.0, 240, 260, 70),
];

const OPERATOR_TIER = 4;
const PROVIDER_TIER = 2;
/** Enough for years of balancing at the size of this market, satoshi. */
const OPERATOR_DEPOSIT_SAT = 500_000_000;
const PROVIDER_DEPOSIT_SAT = 50_000_000;
/** Most surplus one zone's balancing point can pass on, Wh a window. */
const SURPLUS_WH = 1_000_000;

export type ReserveFleet = {
	/** Operator first, then the providers: to be licensed, metered and funded like anyone. */
	participants: Participant[];
	operator: Participant;
	offers: RegisteredReserve[];
	points: BalancingPoint[];
	/** Who signs for an offer's meter. */
	providerOf: ReadonlyMap<number, Participant>;
};

/**
 * The system operator with its balancing points and the providers it has qualified. Meter ids follow the population's
 * without a gap. The same seed gives the same keys: worth nothing but on a chain the demo started itself.
 */
export function createReserveFleet(options: {
	seed: string;
	operatorKey: Hex;
	/** The last id the population uses. */
	lastMeterId: number;
	/** Participants of the population: keys continue after theirs. */
	population: number;
}): ReserveFleet {
	const places = zonePlaces();
	let meterId = options.lastMeterId;
	const meterAt = (zone: number, source: EnergySource, maxWindowWh: number, peakLoadWh: number): SimulatedMeter => {
		meterId += 1;
		const place = places.get(zoneCode(zone))?.[0];
		if (place === undefined) throw new Error(`invariant: no place in zone ${zone}`);
		const { latitudeMicrodegrees, longitudeMicrodegrees } = place;
		return {
			meterId,
			zoneId: zone,
			source,
			maxWindowWh,
			nodeId: 0,
			peakLoadWh,
			latitudeMicrodegrees,
			longitudeMicrodegrees,
		};
	};
	const zones = [...new Set(PROVIDERS.map(({ zone }) => zoneId(zone)))].sort((a, b) => a - b);
	const points = zones.map((zone): BalancingPoint & { meters: SimulatedMeter[] } => {
		const buy = meterAt(zone, "none", 0, SURPLUS_WH);
		const sells = PROVIDERS.some((each) => each.direction === "down" && zoneId(each.zone) === zone);
		// Surplus has no source of its own: it is not renewable and earns no certificate.
		const sell = sells ? meterAt(zone, "import", SURPLUS_WH, 0) : null;
		return {
			zoneId: zone,
			buyMeterId: buy.meterId,
			sellMeterId: sell?.meterId ?? null,
			meters: sell === null ? [buy] : [buy, sell],
		};
	});
	const operator = participant(
		options.population,
		"gridOperator",
		"system operator",
		options.operatorKey,
		OPERATOR_TIER,
		OPERATOR_DEPOSIT_SAT,
		points.flatMap(({ meters }) => meters),
	);
	const providerOf = new Map<number, Participant>();
	const offers: RegisteredReserve[] = [];
	const providers = PROVIDERS.map((each, index) => {
		const zone = zoneId(each.zone);
		const windowWh = Math.ceil(each.capacityMw * WH_PER_MW_WINDOW);
		const isUp = each.direction === "up";
		const injects = isUp && each.isDemandResponse !== true;
		const meter = injects ? meterAt(zone, each.source, windowWh, 0) : meterAt(zone, "none", 0, windowWh);
		const place = options.population + 1 + index;
		const key = participantKey(options.seed, place);
		const person = participant(place, "reserveProvider", each.name, key, PROVIDER_TIER, PROVIDER_DEPOSIT_SAT, [meter]);
		providerOf.set(meter.meterId, person);
		const { name, direction, capacityMw, activationSeconds, holdingSatPerMwHour, energySatPerKwh } = each;
		offers.push({
			offerId: name,
			activationSeconds,
			direction,
			capacityMw,
			holdingSatPerMwHour,
			energySatPerKwh,
			account: person.address,
			zoneId: zone,
			meterId: each.isDemandResponse === true ? null : meter.meterId,
		});
		return person;
	});
	return {
		participants: [operator, ...providers],
		operator,
		offers,
		points: points.map(({ meters: _, ...point }) => point),
		providerOf,
	};
}

function participant(
	index: number,
	kind: Participant["kind"],
	name: string,
	privateKey: Hex,
	licenceTier: number,
	depositSat: number,
	meters: SimulatedMeter[],
): Participant {
	const address = privateKeyToAddress(privateKey).toLowerCase() as Address;
	return { index, kind, name, address, privateKey, licenceTier, depositSat, meters };
}

function provider(
	name: string,
	zone: ZoneCode,
	source: EnergySource,
	direction: Provider["direction"],
	capacityMw: number,
	activationSeconds: number,
	holdingSatPerMwHour: number,
	energySatPerKwh: number,
): Provider {
	return { name, zone, source, direction, capacityMw, activationSeconds, holdingSatPerMwHour, energySatPerKwh };
}
