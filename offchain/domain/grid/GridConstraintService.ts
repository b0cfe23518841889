import type { WindowId } from "../units/window.ts";
import { CompiledGridLimits } from "./CompiledGridLimits.ts";
import type { GridLimits } from "./GridLimits.ts";
import { ZonalWindowHeadroom } from "./ZonalWindowHeadroom.ts";
import { ZONE_COUNT } from "./zones.ts";

export type GridConstraintSnapshot = {
	ranges: { fromWindow: WindowId; toWindow: WindowId; limits: GridLimits }[];
	windows: { windowId: WindowId; headroom: unknown }[];
};

type LimitRange = { fromWindow: WindowId; toWindow: WindowId; grid: CompiledGridLimits };

/**
 * The grid of all windows, as the engine sees it: limits by window range, the latest set winning, and one headroom per
 * window, made when it is first asked for. A window no limits were set for admits nothing but trades within one zone:
 * what is not known is not there.
 */
export class GridConstraintService {
	readonly #headrooms = new Map<WindowId, ZonalWindowHeadroom>();
	/** Latest first. */
	#ranges: LimitRange[] = [];

	static restore(snapshot: unknown): GridConstraintService {
		const { ranges, windows } = snapshot as GridConstraintSnapshot;
		const service = new GridConstraintService();
		service.#ranges = ranges.map(({ limits, ...range }) => ({ ...range, grid: new CompiledGridLimits(limits) }));
		for (const { windowId, headroom } of windows) {
			service.#headrooms.set(windowId, ZonalWindowHeadroom.restore(service.#gridOf(windowId), headroom));
		}
		return service;
	}

	headroom(windowId: WindowId): ZonalWindowHeadroom {
		let headroom = this.#headrooms.get(windowId);
		if (headroom === undefined) {
			headroom = new ZonalWindowHeadroom(this.#gridOf(windowId));
			this.#headrooms.set(windowId, headroom);
		}
		return headroom;
	}

	/**
	 * Sets the limits of every window of the range, both ends included, keeping what is reserved. Returns the windows in
	 * which elements are now over their limit: the engine unwinds trades there. Throws a `RangeError` naming every fault.
	 */
	setLimits(
		fromWindow: WindowId,
		toWindow: WindowId,
		limits: GridLimits,
	): { windowId: WindowId; overloaded: string[] }[] {
		if (!(fromWindow <= toWindow)) throw new RangeError(`window range ${fromWindow}–${toWindow}`);
		const grid = new CompiledGridLimits(limits);
		const covered = (range: LimitRange) => range.fromWindow >= fromWindow && range.toWindow <= toWindow;
		this.#ranges = [{ fromWindow, toWindow, grid }, ...this.#ranges.filter((range) => !covered(range))];
		const overloads: { windowId: WindowId; overloaded: string[] }[] = [];
		for (const windowId of [...this.#headrooms.keys()].sort((a, b) => a - b)) {
			if (windowId < fromWindow || windowId > toWindow) continue;
			const { overloaded } = this.headroom(windowId).replaceLimits(grid);
			if (overloaded.length > 0) overloads.push({ windowId, overloaded });
		}
		return overloads;
	}

	/** Forgets everything before a window: delivered, settled or expired. */
	forgetBefore(windowId: WindowId): void {
		for (const known of [...this.#headrooms.keys()]) if (known < windowId) this.#headrooms.delete(known);
		this.#ranges = this.#ranges.filter((range) => range.toWindow >= windowId);
	}

	limits(windowId: WindowId): GridLimits {
		return this.#gridOf(windowId).limits;
	}

	snapshot(): GridConstraintSnapshot {
		const windows = [...this.#headrooms].sort(([a], [b]) => a - b);
		return {
			ranges: this.#ranges.map(({ grid, ...range }) => ({ ...range, limits: grid.limits })),
			windows: windows.map(([windowId, headroom]) => ({ windowId, headroom: headroom.snapshot() })),
		};
	}

	#gridOf(windowId: WindowId): CompiledGridLimits {
		const range = this.#ranges.find(({ fromWindow, toWindow }) => fromWindow <= windowId && windowId <= toWindow);
		return range?.grid ?? UNKNOWN_GRID;
	}
}

/** One closed gate per zone: nothing leaves or enters it. */
const UNKNOWN_GRID = new CompiledGridLimits({
	elements: Array.from({ length: ZONE_COUNT }, (_, zone) => ({
		name: `no grid limits set for zone ${zone + 1}`,
		ptdfPartsPerMillion: Array.from({ length: ZONE_COUNT }, (_, other) => (other === zone ? 1_000_000 : 0)),
		upWh: 0,
		downWh: 0,
		lossCoefficientPerWh: 0,
		referenceFlowWh: 0,
	})),
	nodes: [],
	distributionLossPartsPerMillion: new Array(ZONE_COUNT).fill(0),
});
