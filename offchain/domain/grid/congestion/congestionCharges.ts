import type { ZonePairCharges } from "../../settlement/chargeSatPerKwh.ts";

/**
 * Zone-pair charges with congestion priced in: the difference of the two zones' congestion prices, rounded up, at least 0
 * (a charge is never paid out) and at most the regulator's cap. The other parts stay as they are.
 */
export function congestionCharges(
	base: readonly (readonly ZonePairCharges[])[],
	congestionSatPerKwh: readonly number[],
	capSatPerKwh: number,
): ZonePairCharges[][] {
	return base.map((row, sell) =>
		row.map((charges, buy) => {
			const difference = (congestionSatPerKwh[buy] as number) - (congestionSatPerKwh[sell] as number);
			// A solver's 1e-9 is no congestion.
			const congestion = sell === buy ? 0 : Math.ceil(Math.max(0, difference - 1e-6));
			return { ...charges, congestionSatPerKwh: Math.min(capSatPerKwh, congestion) };
		}),
	);
}
