import { type AgcState, AutomaticGenerationControl } from "./AutomaticGenerationControl.ts";

/** Secondary reserve held, MW, and how fast all of it is there. */
export type SecondaryReserve = { upMw: number; downMw: number; fullActivationSeconds: number };

type Sample = { atSeconds: number; correctionMw: number; seconds: number };

const AGC_SETTINGS = { proportionalGain: 0.5, integralGainPerSecond: 0.0005, deadbandMw: 0 };
/** A gap between scans longer than this is no measurement of what lay in between. */
const LONGEST_STEP_SECONDS = 120;
/** How far back the mean correction looks: one window. */
const REMEMBERED_SECONDS = 900;

/**
 * Automatic control of one area over the secondary reserve it holds: every measured area control error moves the
 * correction, within what is held and its ramp. What had to be given on average is what scheduled energy should take over,
 * so that the secondary reserve is free again (replacement, ENTSO-E's system operation guideline, Art. 144).
 */
export class AreaController {
	#reserve: SecondaryReserve = { upMw: 0, downMw: 0, fullActivationSeconds: 1 };
	#agc: AutomaticGenerationControl | null = null;
	#state: AgcState = { integralMw: 0, setPointMw: [0] };
	#samples: Sample[] = [];
	#lastSeconds: number | null = null;

	/** Holds another amount from now on; a correction beyond it falls back to it. */
	hold(reserve: SecondaryReserve): void {
		const { upMw, downMw, fullActivationSeconds } = reserve;
		if (!(upMw >= 0 && downMw >= 0 && fullActivationSeconds > 0)) {
			throw new RangeError(`secondary reserve of ${JSON.stringify(reserve)}`);
		}
		const known = this.#reserve;
		if (known.upMw === upMw && known.downMw === downMw && known.fullActivationSeconds === fullActivationSeconds) return;
		this.#reserve = reserve;
		const rampMwPerMinute = (60 * Math.max(upMw, downMw)) / fullActivationSeconds;
		const unit = { name: "secondary reserve", leastMw: -downMw, mostMw: upMw, rampMwPerMinute, participation: 1 };
		this.#agc = rampMwPerMinute > 0 ? new AutomaticGenerationControl([unit], [0], AGC_SETTINGS) : null;
		this.#state = { integralMw: this.#within(this.#state.integralMw), setPointMw: [this.#within(this.correctionMw)] };
	}

	/** One measurement; negative: generation is short. Throws where it is no number or lies before the last one. */
	step(atSeconds: number, areaControlErrorMw: number): void {
		if (!Number.isFinite(areaControlErrorMw)) throw new RangeError(`an error of ${areaControlErrorMw} MW`);
		const last = this.#lastSeconds;
		if (last !== null && !(atSeconds > last)) throw new RangeError(`${atSeconds} s is not after ${last} s`);
		this.#lastSeconds = atSeconds;
		const seconds = last === null ? LONGEST_STEP_SECONDS : Math.min(LONGEST_STEP_SECONDS, atSeconds - last);
		if (this.#agc !== null) this.#state = this.#agc.step(this.#state, areaControlErrorMw, seconds);
		this.#samples.push({ atSeconds, correctionMw: this.correctionMw, seconds });
		this.#samples = this.#samples.filter((sample) => sample.atSeconds > atSeconds - REMEMBERED_SECONDS);
	}

	/** What is asked of the secondary reserve now, MW; positive up. */
	get correctionMw(): number {
		return this.#state.setPointMw[0] as number;
	}

	/** Time-weighted mean of the last window's corrections, MW; 0 where nothing was measured. */
	meanCorrectionMw(): number {
		const seconds = this.#samples.reduce((sum, sample) => sum + sample.seconds, 0);
		if (seconds === 0) return 0;
		return this.#samples.reduce((sum, sample) => sum + sample.correctionMw * sample.seconds, 0) / seconds;
	}

	#within(mw: number): number {
		return Math.min(this.#reserve.upMw, Math.max(-this.#reserve.downMw, mw));
	}
}
