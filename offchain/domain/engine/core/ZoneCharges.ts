import { landedAdder, type ZonePairCharges } from "../../settlement/chargeSatPerKwh.ts";
import type { WindowId } from "../../units/window.ts";
import type { SetZoneCharges } from "../EngineInput.ts";
import type { EngineState, RangedCharges } from "./EngineState.ts";

const ZONES = 16;
const FREE: ZonePairCharges = { lossSatPerKwh: 0, wheelingSatPerKwh: 0, congestionSatPerKwh: 0, platformSatPerKwh: 0 };

type Table = { range: RangedCharges; adders: Int32Array };

/**
 * What zone pairs charge in each window, and their sums as matching needs them. As long as no window has charges of its
 * own, a look costs nothing more than one table for all.
 */
export class ZoneCharges {
	readonly #state: EngineState;
	readonly #everywhere = new Int32Array(ZONES * ZONES);
	#ranged: Table[] = [];
	/** The newest range over a window, or null; forgotten with every change. */
	readonly #byWindow = new Map<WindowId, Table | null>();

	constructor(state: EngineState) {
		this.#state = state;
	}

	/** Takes the state's charges again, after a snapshot was restored. */
	derive(): void {
		fill(this.#everywhere, this.#state.charges);
		this.#ranged = this.#state.windowCharges.map((range) => {
			const known = this.#ranged.find((each) => each.range === range);
			return known ?? { range, adders: fill(new Int32Array(ZONES * ZONES), range.charges) };
		});
		this.#byWindow.clear();
	}

	set({ charges, range }: SetZoneCharges): void {
		const state = this.#state;
		if (range === undefined) {
			state.charges = charges;
			state.windowCharges = [];
		} else {
			const { fromWindow, toWindow } = range;
			let oldest = state.nextToOpen;
			for (const windowId of state.sessions.keys()) oldest = Math.min(oldest, windowId);
			// What is over, or covered by the new range, is no longer asked for.
			state.windowCharges = state.windowCharges.filter(
				(each) => each.toWindow >= oldest && !(fromWindow <= each.fromWindow && each.toWindow <= toWindow),
			);
			state.windowCharges.push({ fromWindow, toWindow, charges });
		}
		this.derive();
	}

	/** Sums by pair, flat, `[sellZoneId − 1][buyZoneId − 1]`. */
	addersAt(windowId: WindowId): Int32Array {
		return this.#ranged.length === 0 ? this.#everywhere : (this.#rangeAt(windowId)?.adders ?? this.#everywhere);
	}

	at(windowId: WindowId, sellZoneId: number, buyZoneId: number): ZonePairCharges {
		const own = this.#ranged.length === 0 ? undefined : this.#rangeAt(windowId)?.range.charges;
		return (own ?? this.#state.charges)[sellZoneId - 1]?.[buyZoneId - 1] ?? FREE;
	}

	#rangeAt(windowId: WindowId): Table | null {
		let found = this.#byWindow.get(windowId);
		if (found === undefined) {
			found = this.#ranged.findLast(({ range }) => range.fromWindow <= windowId && windowId <= range.toWindow) ?? null;
			this.#byWindow.set(windowId, found);
		}
		return found;
	}
}

function fill(adders: Int32Array, charges: readonly (readonly ZonePairCharges[])[]): Int32Array {
	adders.fill(0);
	for (const [sell, row] of charges.slice(0, ZONES).entries()) {
		for (const [buy, pair] of row.slice(0, ZONES).entries()) adders[sell * ZONES + buy] = landedAdder(pair);
	}
	return adders;
}
