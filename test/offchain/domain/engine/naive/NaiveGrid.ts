import type { Directive, SetMarketRules } from "../../../../../offchain/domain/engine/EngineInput.ts";
import type { GridLimits } from "../../../../../offchain/domain/grid/GridLimits.ts";
import type { WindowHeadroom } from "../../../../../offchain/domain/grid/WindowHeadroom.ts";
import { EVERY_ZONE, ZONE_CODES } from "../../../../../offchain/domain/grid/zones.ts";
import type { WindowId } from "../../../../../offchain/domain/units/window.ts";
import { NaiveAccounts } from "./NaiveAccounts.ts";
import { zoneIdsOf } from "./NaiveAuctions.ts";
import type { Session } from "./naiveState.ts";

/** What the grid and the authorities allow in a window. */
export class NaiveGrid extends NaiveAccounts {
	protected limitsOf(windowId: WindowId): GridLimits | null {
		return (
			this.state.limits.findLast(({ fromWindow, toWindow }) => fromWindow <= windowId && windowId <= toWindow)
				?.limits ?? null
		);
	}

	protected headroomOf(session: Session, windowId: WindowId): WindowHeadroom | null {
		const limits = this.limitsOf(windowId);
		if (limits !== null) session.headroom ??= this.headrooms.create(limits);
		return session.headroom;
	}

	protected directives(kind: Directive["kind"], windowId: WindowId, zoneId: number): Directive[] {
		return this.state.directives.filter(
			(directive) =>
				directive.kind === kind &&
				directive.fromWindow <= windowId &&
				windowId <= directive.toWindow &&
				(directive.zoneId === EVERY_ZONE || directive.zoneId === zoneId),
		);
	}

	protected isHalted(windowId: WindowId, zoneId: number): boolean {
		if (this.directives("HALT", windowId, zoneId).length > 0) return true;
		const rules = this.rulesAt(windowId);
		if (rules === null) return false;
		const [floor, ceiling] = this.band(windowId, zoneId, rules);
		return floor > ceiling;
	}

	protected isPaused(windowId: WindowId, zoneId: number): boolean {
		return this.state.pauses.some((pause) => pause.windowId === windowId && pause.zoneIds.includes(zoneId));
	}

	protected tradingZones(windowId: WindowId): number {
		if (this.directives("VOID_WINDOW", windowId, EVERY_ZONE).length > 0) return 0;
		const isVoided = ZONE_CODES.some((_, index) => this.directives("VOID_WINDOW", windowId, index + 1).length > 0);
		const zoneIds = zoneIdsOf(2 ** ZONE_CODES.length - 1).filter((zoneId) => !this.isHalted(windowId, zoneId));
		return isVoided ? 0 : zoneIds.reduce((zones, zoneId) => zones | (1 << (zoneId - 1)), 0);
	}

	/** The authority's band and every directive's, intersected; an empty one is a halt. */
	protected band(windowId: WindowId, zoneId: number, rules: SetMarketRules): [number, number] {
		let [floor, ceiling] = [rules.floorSatPerKwh, rules.ceilingSatPerKwh];
		for (const { value } of this.directives("PRICE_BAND", windowId, zoneId)) {
			floor = Math.max(floor, Math.floor(value / 65_536));
			ceiling = Math.min(ceiling, value % 65_536);
		}
		return [floor, ceiling];
	}

	protected capLeft(session: Session, windowId: WindowId, zoneId: number, side: "sell" | "buy"): number {
		const caps = this.directives("CAP", windowId, zoneId).map(({ value }) => value);
		if (caps.length === 0) return Number.MAX_SAFE_INTEGER;
		const usedWh = session.trades
			.filter((trade) => (side === "sell" ? trade.sellZoneId : trade.buyZoneId) === zoneId)
			.reduce((sum, trade) => sum + trade.energyWh, 0);
		return Math.max(0, Math.min(...caps) - usedWh);
	}
}
