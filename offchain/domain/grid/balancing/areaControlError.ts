/** What a control area is measured by. */
export type AreaMeasurement = {
	frequencyMillihertz: number;
	/** Net export over the ties, MW: measured and scheduled. */
	actualExportMw: number;
	scheduledExportMw: number;
};

const NOMINAL_MILLIHERTZ = 50_000;

/**
 * Area control error, MW: `(actual − scheduled export) + B·Δf`, with the frequency bias B in MW per 0.1 Hz, positive
 * (NERC BAL-001 and ENTSO-E's definition with the sign of their −10B). Negative: the area generates too little. Throws
 * for values that are no numbers: a controller must not act on them.
 */
export function areaControlErrorMw(measurement: AreaMeasurement, biasMwPerTenthHertz: number): number {
	const { frequencyMillihertz, actualExportMw, scheduledExportMw } = measurement;
	const error =
		actualExportMw - scheduledExportMw + (biasMwPerTenthHertz * (frequencyMillihertz - NOMINAL_MILLIHERTZ)) / 100;
	if (!Number.isFinite(error) || !(biasMwPerTenthHertz > 0)) {
		throw new RangeError(`area control error of ${JSON.stringify(measurement)}, bias ${biasMwPerTenthHertz}`);
	}
	return error;
}
