import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ParticipantKind } from "../participants/Participant.ts";

const REFERENCE_FILE = join(import.meta.dirname, "..", "..", "..", "data/reference/thai-reference-values.json");
const DEFAULT_SAT_PER_THB = 33;

type ReferenceFile = {
	tou_thb_per_kwh: Record<"low_voltage" | "12-24kV" | ">=69kV", { on_peak: number; off_peak: number }>;
	ft_thb_per_kwh: number;
	rooftop_buyback_thb_per_kwh: number;
	suggested_price_band_sat_per_kwh: [number, number];
};

export type PriceBand = { floorSatPerKwh: number; ceilingSatPerKwh: number };

/** What a participant compares the market with: the regulated tariff, in whole satoshi per kWh. */
export class Tariffs {
	readonly floorSatPerKwh: number;
	readonly ceilingSatPerKwh: number;
	readonly #file: ReferenceFile;
	readonly #satPerThb: number;

	/** `band` is the regulator's in force; without it the reference values' suggestion. */
	constructor(file: ReferenceFile, band?: PriceBand, satPerThb: number = DEFAULT_SAT_PER_THB) {
		const [floorSatPerKwh, ceilingSatPerKwh] = file.suggested_price_band_sat_per_kwh;
		this.#file = file;
		this.#satPerThb = satPerThb;
		this.floorSatPerKwh = band?.floorSatPerKwh ?? floorSatPerKwh;
		this.ceilingSatPerKwh = band?.ceilingSatPerKwh ?? ceilingSatPerKwh;
	}

	static fromFile(band?: PriceBand): Tariffs {
		return new Tariffs(JSON.parse(readFileSync(REFERENCE_FILE, "utf8")) as ReferenceFile, band);
	}

	/** What the regulated supplier charges this kind of customer, fuel adjustment included. */
	retailSatPerKwh(kind: ParticipantKind, onPeak: boolean): number {
		const small = kind === "household" || kind === "prosumer" || kind === "underfunded";
		const level = this.#file.tou_thb_per_kwh[small ? "low_voltage" : "12-24kV"];
		return this.#sat((onPeak ? level.on_peak : level.off_peak) + this.#file.ft_thb_per_kwh);
	}

	/** What a household is paid for its surplus without the exchange. */
	feedInSatPerKwh(): number {
		return this.#sat(this.#file.rooftop_buyback_thb_per_kwh);
	}

	/** Keeps a price inside the regulator's band, as a whole number. */
	clamp(price: number): number {
		return Math.min(this.ceilingSatPerKwh, Math.max(this.floorSatPerKwh, Math.round(price)));
	}

	#sat(thb: number): number {
		return Math.round(thb * this.#satPerThb);
	}
}
