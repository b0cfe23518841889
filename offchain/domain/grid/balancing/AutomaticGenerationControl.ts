/** A unit under AGC. Set points stay within its range and move no faster than its ramp. */
export type RegulatingUnit = {
	name: string;
	leastMw: number;
	mostMw: number;
	/** Up and down, MW per minute. */
	rampMwPerMinute: number;
	/** Share of the correction, relative to the other units' (participation factor). */
	participation: number;
};

export type AgcSettings = {
	/** MW of correction per MW of error. */
	proportionalGain: number;
	/** MW of correction per MW of error and second. */
	integralGainPerSecond: number;
	/** Errors below this are left to the governors, MW. */
	deadbandMw: number;
};

export type AgcState = { integralMw: number; setPointMw: readonly number[] };

/**
 * Secondary control: a proportional–integral controller on the area control error, shared out to units by participation,
 * each within its ramp and range; what one cannot take the others do. The integral stops while all units that could act
 * are at an end (anti-windup). Pure: the next state follows from the last (Kundur, Power System Stability and Control, §11).
 */
export class AutomaticGenerationControl {
	readonly #units: readonly RegulatingUnit[];
	readonly #settings: AgcSettings;
	/** Set points of a balanced area: what corrections are added to. */
	readonly #baseMw: readonly number[];

	/** Throws for units whose base lies outside their range, or without ramp. */
	constructor(units: readonly RegulatingUnit[], baseMw: readonly number[], settings: AgcSettings) {
		units.forEach((unit, index) => {
			const base = baseMw[index] as number;
			if (!(unit.leastMw <= base && base <= unit.mostMw)) throw new RangeError(`${unit.name}: base ${base} MW`);
			if (!(unit.rampMwPerMinute > 0)) throw new RangeError(`${unit.name}: ramp ${unit.rampMwPerMinute} MW/min`);
			if (!(unit.participation >= 0)) throw new RangeError(`${unit.name}: participation ${unit.participation}`);
		});
		this.#units = units;
		this.#baseMw = baseMw;
		this.#settings = settings;
	}

	initial(): AgcState {
		return { integralMw: 0, setPointMw: [...this.#baseMw] };
	}

	/** One control step of `seconds`; the error is the area control error, negative when generation is short. */
	step(state: AgcState, areaControlErrorMw: number, seconds: number): AgcState {
		const { proportionalGain, integralGainPerSecond, deadbandMw } = this.#settings;
		if (!Number.isFinite(areaControlErrorMw) || !(seconds > 0)) {
			throw new RangeError(`AGC step with error ${areaControlErrorMw} MW over ${seconds} s`);
		}
		const error = Math.abs(areaControlErrorMw) <= deadbandMw ? 0 : areaControlErrorMw;
		const integral = state.integralMw - integralGainPerSecond * error * seconds;
		const wantedMw = integral - proportionalGain * error;
		const { setPointMw, givenMw } = this.#share(state.setPointMw, wantedMw, seconds);
		const isSaturated = Math.abs(givenMw) + 1e-9 < Math.abs(wantedMw) && Math.sign(wantedMw) === -Math.sign(error);
		return { integralMw: isSaturated ? state.integralMw : integral, setPointMw };
	}

	/** Set points nearest to base plus the wanted correction that ramps and ranges allow. */
	#share(current: readonly number[], wantedMw: number, seconds: number): { setPointMw: number[]; givenMw: number } {
		const range = this.#units.map(({ leastMw, mostMw, rampMwPerMinute }, index) => {
			const at = current[index] as number;
			const reach = (rampMwPerMinute * seconds) / 60;
			return { low: Math.max(leastMw, at - reach), high: Math.min(mostMw, at + reach) };
		});
		const setPointMw = this.#baseMw.map((base, index) => clamp(base, range[index] as Range));
		let leftMw = this.#baseMw.reduce((sum, base, index) => sum + base - (setPointMw[index] as number), wantedMw);
		const open = new Set(this.#units.keys());
		// Each round at least one unit reaches an end or nothing is left.
		for (let round = 0; round <= this.#units.length && Math.abs(leftMw) > 1e-9 && open.size > 0; round++) {
			const weight = [...open].reduce((sum, index) => sum + (this.#units[index] as RegulatingUnit).participation, 0);
			if (weight === 0) break;
			const toShareMw = leftMw;
			for (const index of [...open]) {
				const unit = this.#units[index] as RegulatingUnit;
				const before = setPointMw[index] as number;
				const target = before + (toShareMw * unit.participation) / weight;
				const after = clamp(target, range[index] as Range);
				setPointMw[index] = after;
				leftMw -= after - before;
				if (after !== target) open.delete(index);
			}
		}
		const givenMw = setPointMw.reduce((sum, mw, index) => sum + mw - (this.#baseMw[index] as number), 0);
		return { setPointMw, givenMw };
	}
}

type Range = { low: number; high: number };

function clamp(value: number, { low, high }: Range): number {
	return Math.min(high, Math.max(low, value));
}
