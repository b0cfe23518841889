import type { GridImpact, GridImpactQuery, GridQueries, GridStatus } from "../../application/ports/GridQueries.ts";
import { MAX_ENERGY_WH } from "../../domain/units/units.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { EngineReader } from "../postgres/EngineReader.ts";
import type { RunningEngine } from "./RunningEngine.ts";

/** The trading path's grid, read from the engine of the same process. */
export class InProcessGridQueries implements GridQueries {
	private readonly engine: EngineReader<RunningEngine>;

	constructor(engine: EngineReader<RunningEngine>) {
		this.engine = engine;
	}

	status(windowId: WindowId): Promise<GridStatus> {
		return this.engine.read((state, sequence) => ({
			windowId,
			sequence,
			elements: state.headroom(windowId)?.elements() ?? [],
			haltedZoneIds: state.session(windowId)?.haltedZoneIds ?? [],
		}));
	}

	/** Reserves and releases between two commits, so that before and after are what trading would see. */
	impact(query: GridImpactQuery): Promise<GridImpact> {
		return this.engine.read((state) => {
			const headroom = state.headroom(query.windowId);
			const { congestionSatPerKwh } = state.charges(query.windowId, query.sellZoneId, query.buyZoneId);
			if (headroom === null) {
				const unknown = {
					admittedWh: 0,
					maxAdmissibleWh: 0,
					maxLimitingElement: null,
					limitingElement: null,
					lossWh: 0,
					congestionSatPerKwh,
					affected: [],
				};
				return { ...query, ...unknown };
			}
			const most = headroom.admit(query, MAX_ENERGY_WH);
			const { admittedWh, limitingElement } = headroom.admit(query, query.energyWh);
			const before = headroom.elements();
			const { lossWh } = admittedWh > 0 ? headroom.reserve(query, admittedWh) : { lossWh: 0 };
			const after = headroom.elements();
			if (admittedWh > 0) headroom.release(query, admittedWh, lossWh);
			const affected = after.flatMap((element, index) => {
				const beforeWh = before[index]?.flowWh ?? 0;
				const { name, flowWh: afterWh, upWh, downWh } = element;
				return beforeWh === afterWh ? [] : [{ name, beforeWh, afterWh, upWh, downWh }];
			});
			const max = { maxAdmissibleWh: most.admittedWh, maxLimitingElement: most.limitingElement };
			return { ...query, admittedWh, limitingElement, ...max, lossWh, congestionSatPerKwh, affected };
		});
	}
}
