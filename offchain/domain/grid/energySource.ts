/** Energy source of a meter; the index is the number used on chain. `none` is a pure consumer. */
export const ENERGY_SOURCES = [
	"none",
	"rooftopSolar",
	"utilitySolar",
	"wind",
	"hydro",
	"biomass",
	"gas",
	"coal",
	"battery",
	"import",
] as const;

export type EnergySource = (typeof ENERGY_SOURCES)[number];

export function isRenewable(source: EnergySource): boolean {
	const index = ENERGY_SOURCES.indexOf(source);
	return index >= 1 && index <= 5;
}
