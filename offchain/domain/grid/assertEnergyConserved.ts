/** One trade's energies: what is put in, what arrives and what is lost on the way. */
export type EnergyFlow = { injectedWh: number; deliveredWh: number; lossWh: number };

/** A broken conservation law: never a refusal, always a stop. */
export class EnergyNotConservedError extends Error {
	constructor(subject: string, { injectedWh, deliveredWh, lossWh }: EnergyFlow) {
		super(`${subject}: ${injectedWh} Wh injected ≠ ${deliveredWh} Wh delivered + ${lossWh} Wh lost`);
		this.name = "EnergyNotConservedError";
	}
}

/**
 * SPEC G1: Σ injected = Σ delivered + Σ losses, in whole Wh, for every flow and for the batch. The one function of
 * engine, ledger check and audit. Throws `EnergyNotConservedError`; returns the sums.
 */
export function assertEnergyConserved(subject: string, flows: Iterable<EnergyFlow>): EnergyFlow {
	const sum: EnergyFlow = { injectedWh: 0, deliveredWh: 0, lossWh: 0 };
	for (const flow of flows) {
		if (!isConserved(flow)) throw new EnergyNotConservedError(subject, flow);
		sum.injectedWh += flow.injectedWh;
		sum.deliveredWh += flow.deliveredWh;
		sum.lossWh += flow.lossWh;
	}
	if (!isConserved(sum)) throw new EnergyNotConservedError(`${subject} (sum)`, sum);
	return sum;
}

function isConserved({ injectedWh, deliveredWh, lossWh }: EnergyFlow): boolean {
	const whole = [injectedWh, deliveredWh, lossWh].every((wh) => Number.isSafeInteger(wh) && wh >= 0);
	return whole && injectedWh === deliveredWh + lossWh;
}
