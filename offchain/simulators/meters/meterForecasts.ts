import type { SetMeterForecast } from "../../domain/engine/EngineInput.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Participant } from "../participants/Participant.ts";
import type { MeterModel } from "./MeterModel.ts";

/**
 * The most each generating meter can inject in a window: its weather forecast, its water, or what its battery's state of
 * charge leaves. Fed to the engine it bounds what may be sold (SPEC O6).
 */
export function meterForecasts(
	population: readonly Participant[],
	model: MeterModel,
	windowId: WindowId,
): SetMeterForecast[] {
	return population.flatMap(({ kind, meters }) =>
		meters
			.filter(({ source }) => source !== "none")
			.map(
				(meter): SetMeterForecast => ({
					type: "SetMeterForecast",
					meterId: meter.meterId,
					windowId,
					maxWh: model.forecastExportWh(kind, meter, windowId),
				}),
			),
	);
}
