import { expect } from "chai";
import type { SetMeterForecast } from "../../../../offchain/domain/engine/EngineInput.ts";
import { windowStart } from "../../../../offchain/domain/units/window.ts";
import { planWindow } from "../../../../offchain/simulators/market/planWindow.ts";
import { ForecastFeed } from "../../../../offchain/simulators/meters/ForecastFeed.ts";
import { meterForecasts } from "../../../../offchain/simulators/meters/meterForecasts.ts";
import { testScenario, windowOf } from "../testScenario.ts";
import { VirtualClock } from "../VirtualClock.ts";

const FIRST = windowOf("2026-11-24T18:00");

describe("O6 meters' forecasts bound what may be sold", () => {
	const { population, model, context } = testScenario();

	it("default: every window's forecasts come before its first order", async () => {
		const clock = new VirtualClock((windowStart(FIRST) - 7_200) * 1000);
		const leads: number[] = [];
		const feed = new ForecastFeed({
			clock,
			population,
			model,
			firstWindow: FIRST,
			lastWindow: FIRST + 2,
			submit: async (forecasts) => {
				const { windowId } = forecasts[0] as SetMeterForecast;
				leads.push(windowStart(windowId) - clock.nowMillis() / 1000);
			},
		});
		await feed.run(new AbortController().signal);
		expect(leads).to.deep.equal([3_120, 3_120, 3_120]);
		const [first] = planWindow({ ...context, windowId: FIRST });
		expect(windowStart(FIRST) - (first?.atSeconds ?? 0)).to.be.at.most(3_120);
	});

	it("invariant: honest sells stay below the forecast; forecasts stay below the nameplate", () => {
		for (let windowId = FIRST; windowId < FIRST + 96; windowId += 11) {
			const forecasts = new Map(
				meterForecasts(population, model, windowId).map((forecast) => [forecast.meterId, forecast.maxWh]),
			);
			for (const { meterId, maxWindowWh } of testScenario().registration.meters) {
				expect(forecasts.get(meterId) ?? 0).to.be.within(0, maxWindowWh);
			}
			const soldWh = new Map<number, number>();
			for (const action of planWindow({ ...context, windowId })) {
				if (action.type !== "place" || action.order.side === "buy") continue;
				if (action.expectedReasons.some((reason) => reason !== "POST_ONLY_WOULD_TRADE")) continue;
				const { meterId, energyWh } = action.order;
				soldWh.set(meterId, (soldWh.get(meterId) ?? 0) + energyWh);
			}
			for (const [meterId, wh] of soldWh) expect(wh).to.be.at.most(forecasts.get(meterId) ?? 0);
		}
	});
});
