import { deratedLimits } from "../../domain/grid/deratedLimits.ts";
import type { GridLimits } from "../../domain/grid/GridLimits.ts";
import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { Clock } from "../ports/Clock.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";
import type { GridSystemAdapter } from "../ports/GridSystemAdapter.ts";

/** Limits hold until the next change; windows are not traded farther ahead than this. */
const WINDOWS_AHEAD = 1_000_000;
/** Before the first report of all there is nothing that could have been lost. */
const NEVER_REPORTED = { isFresh: true, outages: [], ageSeconds: 0 };
/** Room offered while the grid's state is not known: below the reliability margin's ordinary 90 %. */
const STALE_SHARE_PARTS_PER_MILLION = 500_000;

export type GridLimitsOptions = {
	telemetry: Pick<GridSystemAdapter, "current">;
	engine: Pick<EngineGateway, "submit">;
	clock: Clock;
	/** The limits with these lines out of service; some 0.3 s of work. */
	limitsFor: (outages: readonly string[]) => GridLimits;
	/** The limits with every line in service. */
	initial: GridLimits;
	/** For people: what changed and why. */
	onChange: (message: string) => void;
};

/**
 * Keeps the limits trading holds in step with what control rooms report: lines out of service leave the model, and
 * while telemetry is silent trading goes on with half of the room (SPEC X6) instead of trusting what is no longer known.
 * A venue that never had telemetry has its initial limits. Each process tells what holds once, as its network may be newer
 * than what the engine was told before.
 */
export class GridLimitsService {
	readonly #options: GridLimitsOptions;
	#limits: GridLimits;
	/** What the engine was last told by this process; null before: a process before it may have told something else. */
	#state: string | null = null;
	readonly #byOutage = new Map<string, GridLimits>();

	constructor(options: GridLimitsOptions) {
		this.#options = options;
		this.#limits = options.initial;
		this.#byOutage.set("", options.initial);
	}

	/** What trading holds for windows from now on. */
	limits(): GridLimits {
		return this.#limits;
	}

	/** Looks once; resolves when a change is in the engine's log. */
	async refresh(): Promise<void> {
		const { telemetry, engine, clock, onChange } = this.#options;
		const conditions = telemetry.current() ?? NEVER_REPORTED;
		const key = conditions.outages.join("; ");
		const state = `${conditions.isFresh ? "fresh" : "stale"} ${key}`;
		if (state === this.#state) return;
		const full = this.#limitsFor(key, conditions.outages);
		const limits = conditions.isFresh ? full : deratedLimits(full, STALE_SHARE_PARTS_PER_MILLION);
		const fromWindow: WindowId = windowAt(clock.nowMillis() / 1000);
		const toWindow = fromWindow + WINDOWS_AHEAD;
		const reply = await engine.submit({ type: "SetGridLimits", fromWindow, toWindow, limits });
		if (reply.status !== "applied") return;
		this.#state = state;
		this.#limits = limits;
		const room = conditions.isFresh
			? "full room"
			: `telemetry is ${conditions.ageSeconds} s old: half of the room is offered`;
		onChange(`grid limits: ${key === "" ? "all lines in service" : `out of service: ${key}`}; ${room}`);
	}

	#limitsFor(key: string, outages: readonly string[]): GridLimits {
		let limits = this.#byOutage.get(key);
		if (limits === undefined) {
			limits = this.#options.limitsFor(outages);
			if (this.#byOutage.size > 50) this.#byOutage.clear();
			this.#byOutage.set(key, limits);
		}
		return limits;
	}
}
