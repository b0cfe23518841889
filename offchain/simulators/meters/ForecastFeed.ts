import type { Clock } from "../../application/ports/Clock.ts";
import type { SetMeterForecast } from "../../domain/engine/EngineInput.ts";
import { type WindowId, windowAt, windowStart } from "../../domain/units/window.ts";
import { GATE_CLOSURE_SECONDS, TRADING_LEAD_SECONDS } from "../market/tradingTimes.ts";
import type { Participant } from "../participants/Participant.ts";
import type { MeterModel } from "./MeterModel.ts";
import { meterForecasts } from "./meterForecasts.ts";

export type ForecastFeedOptions = {
	clock: Clock;
	population: readonly Participant[];
	model: MeterModel;
	/** Hands the forecasts of one window to the engine, as logged inputs. */
	submit: (forecasts: SetMeterForecast[]) => Promise<void>;
	firstWindow: WindowId;
	lastWindow: WindowId | null;
};

/** Market seconds by which a forecast precedes the first orders of its window. */
const AHEAD_SECONDS = 120;

/** The licensees' forecasting systems: one forecast for every generating meter before its window is traded. */
export class ForecastFeed {
	readonly #options: ForecastFeedOptions;

	constructor(options: ForecastFeedOptions) {
		this.#options = options;
	}

	/** Repeats after a restart what is still open: the same window has the same forecast for ever. */
	async run(signal: AbortSignal): Promise<void> {
		const { clock, population, model, submit, firstWindow, lastWindow } = this.#options;
		const firstOpen = windowAt(clock.nowMillis() / 1000 + GATE_CLOSURE_SECONDS) + 1;
		for (let windowId = Math.max(firstWindow, firstOpen); ; windowId += 1) {
			if (lastWindow !== null && windowId > lastWindow) return;
			await clock.sleepUntil((windowStart(windowId) - TRADING_LEAD_SECONDS - AHEAD_SECONDS) * 1000, signal);
			if (signal.aborted) return;
			// A forecast that cannot be delivered leaves the nameplate as the bound: safe, so trading goes on without it.
			await submit(meterForecasts(population, model, windowId)).catch(() => undefined);
		}
	}
}
