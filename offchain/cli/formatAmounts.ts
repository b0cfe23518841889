/** For people only; every figure a program reads is an integer. */
export function formatEnergy(energyWh: number): string {
	if (energyWh >= 1_000_000) return `${(energyWh / 1_000_000).toFixed(3)} MWh`;
	if (energyWh >= 1_000) return `${(energyWh / 1_000).toFixed(3)} kWh`;
	return `${energyWh} Wh`;
}

export function formatMoney(amountMsat: number, satoshiPerThb: number): string {
	const sat = amountMsat / 1000;
	return `${sat.toFixed(3)} sat (≈ ${(sat / satoshiPerThb).toFixed(2)} THB)`;
}
