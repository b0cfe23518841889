import type { EnergySource } from "../../domain/grid/energySource.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { Participant } from "./Participant.ts";

/** What must stand on chain before the simulated participants can trade. */
export type MarketRegistration = {
	/** To be licensed by the regulator. */
	licences: { account: Address; tier: number }[];
	/** To be registered by their licensee, in ascending id without gaps. */
	meters: {
		meterId: number;
		owner: Address;
		zoneId: number;
		source: EnergySource;
		maxWindowWh: number;
		nodeId: number;
		latitudeMicrodegrees: number;
		longitudeMicrodegrees: number;
	}[];
	/** Settlement token to credit in the vault, satoshi. */
	deposits: { account: Address; amountSat: number }[];
};

export function marketRegistration(population: readonly Participant[]): MarketRegistration {
	return {
		licences: population
			.filter((participant) => participant.licenceTier > 0)
			.map(({ address, licenceTier }) => ({ account: address, tier: licenceTier })),
		meters: population.flatMap((participant) =>
			participant.meters.map(({ peakLoadWh: _peakLoadWh, ...meter }) => ({
				...meter,
				owner: participant.address,
			})),
		),
		deposits: population
			.filter((participant) => participant.depositSat > 0)
			.map(({ address, depositSat }) => ({ account: address, amountSat: depositSat })),
	};
}
