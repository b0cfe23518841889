import type { WindowId } from "../../units/window.ts";

/** A battery or a pumped-hydro plant. Energies at the meter, except what is stored. */
export type StoragePlant = {
	name: string;
	/** Most that can be stored, Wh. */
	capacityWh: number;
	/** Most drawn and injected in one window, Wh at the meter. */
	maxChargeWh: number;
	maxDischargeWh: number;
	/** Stored per drawn, and injected per taken from the store, parts per million; their product is the round trip. */
	chargeEfficiencyPartsPerMillion: number;
	dischargeEfficiencyPartsPerMillion: number;
};

/** Usual plants: lithium batteries return about 88 % of what they draw, Thai pumped hydro (Lamtakhong, Srinagarind) 76 %. */
export const STORAGE_EFFICIENCY = {
	battery: { chargeEfficiencyPartsPerMillion: 940_000, dischargeEfficiencyPartsPerMillion: 940_000 },
	pumpedHydro: { chargeEfficiencyPartsPerMillion: 870_000, dischargeEfficiencyPartsPerMillion: 875_000 },
} as const;

export type StorageRefusal = {
	code: "STORAGE_POWER" | "STORAGE_EMPTY" | "STORAGE_FULL" | "STORAGE_PAST";
	detail: string;
};

const PPM = 1_000_000;

/**
 * What a plant has stored and what it has promised, window by window. A promise is taken only when the state of charge
 * stays between empty and full in every window to come with all promises kept: so a stored kWh is never sold twice, also
 * not by a sale placed before an earlier one. Whole Wh; every rounding is against the plant.
 */
export class StorageLedger {
	readonly plant: StoragePlant;
	#storedWh: number;
	/** First window whose metering is not in `#storedWh` yet. */
	#nextWindow: WindowId;
	readonly #promised = new Map<WindowId, { chargeWh: number; dischargeWh: number }>();

	constructor(plant: StoragePlant, storedWh: number, nextWindow: WindowId) {
		const efficiencies = [plant.chargeEfficiencyPartsPerMillion, plant.dischargeEfficiencyPartsPerMillion];
		if (!efficiencies.every((ppm) => Number.isInteger(ppm) && ppm > 0 && ppm <= PPM)) {
			throw new RangeError(`${plant.name}: efficiencies ${efficiencies}`);
		}
		const energies = [plant.capacityWh, plant.maxChargeWh, plant.maxDischargeWh, storedWh];
		if (!energies.every((wh) => Number.isSafeInteger(wh) && wh >= 0) || storedWh > plant.capacityWh) {
			throw new RangeError(`${plant.name}: ${storedWh} of ${plant.capacityWh} Wh stored`);
		}
		this.plant = plant;
		this.#storedWh = storedWh;
		this.#nextWindow = nextWindow;
	}

	get storedWh(): number {
		return this.#storedWh;
	}

	/** Promises to draw (`charge`) or inject energy at the meter in a window, or says why not. */
	promise(windowId: WindowId, direction: "charge" | "discharge", energyWh: number): StorageRefusal | null {
		if (!Number.isSafeInteger(energyWh) || energyWh < 0) throw new RangeError(`${energyWh} Wh promised`);
		if (windowId < this.#nextWindow) {
			return { code: "STORAGE_PAST", detail: `window ${windowId} is metered` };
		}
		const now = this.#of(windowId);
		const next = {
			chargeWh: now.chargeWh + (direction === "charge" ? energyWh : 0),
			dischargeWh: now.dischargeWh + (direction === "discharge" ? energyWh : 0),
		};
		const { maxChargeWh, maxDischargeWh, name } = this.plant;
		if (next.chargeWh > maxChargeWh || next.dischargeWh > maxDischargeWh) {
			return { code: "STORAGE_POWER", detail: `${name}: ${JSON.stringify(next)} in window ${windowId}` };
		}
		const refusal = this.#overrun(windowId, next);
		if (refusal === null) this.#promised.set(windowId, next);
		return refusal;
	}

	/** Takes back part of a promise (an unwound trade). Returns a refusal when later promises relied on it. */
	withdraw(windowId: WindowId, direction: "charge" | "discharge", energyWh: number): StorageRefusal | null {
		const now = this.#of(windowId);
		const next = { ...now };
		next[`${direction}Wh`] -= energyWh;
		if (next[`${direction}Wh`] < 0) throw new RangeError(`${this.plant.name}: withdraws more than it promised`);
		const refusal = this.#overrun(windowId, next);
		if (refusal === null) this.#promised.set(windowId, next);
		return refusal;
	}

	/** Most that could still be promised for injection in a window, Wh at the meter: the meter's forecast. */
	dischargeableWh(windowId: WindowId): number {
		if (windowId < this.#nextWindow) return 0;
		const now = this.#of(windowId);
		let low = 0;
		let high = this.plant.maxDischargeWh - now.dischargeWh;
		while (low < high) {
			const middle = Math.ceil((low + high) / 2);
			const fits = this.#overrun(windowId, { ...now, dischargeWh: now.dischargeWh + middle }) === null;
			if (fits) low = middle;
			else high = middle - 1;
		}
		return low;
	}

	/**
	 * Splits what can still be sold over windows, in the order of preference: the sum can be promised as it stands, so
	 * that forecasts of several open windows never offer the same energy twice.
	 */
	offers(windowIds: readonly WindowId[]): { windowId: WindowId; energyWh: number }[] {
		const trial = this.#copy();
		return windowIds.map((windowId) => {
			const energyWh = trial.dischargeableWh(windowId);
			if (energyWh > 0) trial.promise(windowId, "discharge", energyWh);
			return { windowId, energyWh };
		});
	}

	/** Closes the next window with its meter readings; promises of it are done. Readings that cannot be are held to the store. */
	meter(windowId: WindowId, chargedWh: number, dischargedWh: number): void {
		if (windowId !== this.#nextWindow) throw new RangeError(`window ${windowId} metered, ${this.#nextWindow} is next`);
		const stored = this.#storedWh + this.#storedBy(chargedWh) - this.#takenBy(dischargedWh);
		this.#storedWh = Math.max(0, Math.min(this.plant.capacityWh, stored));
		this.#promised.delete(windowId);
		this.#nextWindow = windowId + 1;
	}

	#copy(): StorageLedger {
		const copy = new StorageLedger(this.plant, this.#storedWh, this.#nextWindow);
		for (const [windowId, promised] of this.#promised) copy.#promised.set(windowId, { ...promised });
		return copy;
	}

	#of(windowId: WindowId): { chargeWh: number; dischargeWh: number } {
		return this.#promised.get(windowId) ?? { chargeWh: 0, dischargeWh: 0 };
	}

	/** Walks through all promised windows with one changed. What is charged in a window serves only later ones. */
	#overrun(changed: WindowId, next: { chargeWh: number; dischargeWh: number }): StorageRefusal | null {
		const windows = [...new Set([...this.#promised.keys(), changed])].sort((a, b) => a - b);
		let least = this.#storedWh;
		let most = this.#storedWh;
		for (const windowId of windows) {
			const { chargeWh, dischargeWh } = windowId === changed ? next : this.#of(windowId);
			const detail = (what: string) => `${this.plant.name}: ${what} in window ${windowId}`;
			if (this.#takenBy(dischargeWh) > least) {
				return { code: "STORAGE_EMPTY", detail: detail(`${dischargeWh} Wh sold of ${least} Wh stored`) };
			}
			if (most + this.#storedBy(chargeWh, 1) > this.plant.capacityWh) {
				return { code: "STORAGE_FULL", detail: detail(`${chargeWh} Wh bought onto ${most} Wh`) };
			}
			least += this.#storedBy(chargeWh) - this.#takenBy(dischargeWh);
			most += this.#storedBy(chargeWh, 1) - this.#takenBy(dischargeWh, 0);
		}
		return null;
	}

	/** Rounded down, or up where being full is the danger. */
	#storedBy(chargeWh: number, up: 0 | 1 = 0): number {
		const product = BigInt(chargeWh) * BigInt(this.plant.chargeEfficiencyPartsPerMillion);
		return Number((product + BigInt(up * (PPM - 1))) / BigInt(PPM));
	}

	/** Rounded up, or down where being full is the danger. */
	#takenBy(dischargeWh: number, up: 0 | 1 = 1): number {
		const efficiency = BigInt(this.plant.dischargeEfficiencyPartsPerMillion);
		return Number((BigInt(dischargeWh) * BigInt(PPM) + BigInt(up) * (efficiency - 1n)) / efficiency);
	}
}
