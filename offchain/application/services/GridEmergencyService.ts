import type { WindowId } from "../../domain/units/window.ts";
import {
	type EmergencyDependencies,
	type EmergencyOutcome,
	type HandleGridEmergency,
	handleGridEmergency,
} from "../commands/HandleGridEmergency.ts";
import type { Curtailment } from "../ports/CurtailmentRepository.ts";
import type { GridEmergencies, SignedGridEmergency } from "../ports/GridEmergencies.ts";
import type { TelemetrySources } from "../ports/GridSystemAdapter.ts";

/** Does one piece of work at a time, over all nodes that can do it. */
export type Exclusively = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Takes a control room's signed orders for an emergency, one at a time: each plans on what the last has left. */
export class GridEmergencyService implements GridEmergencies {
	readonly #deps: EmergencyDependencies;
	readonly #sources: TelemetrySources;
	readonly #exclusively: Exclusively;

	constructor(deps: EmergencyDependencies, sources: TelemetrySources, exclusively: Exclusively) {
		this.#deps = deps;
		this.#sources = sources;
		this.#exclusively = exclusively;
	}

	async handle({ sourceId, command, signature }: SignedGridEmergency): Promise<EmergencyOutcome> {
		if (this.#sources.isSignedBy(sourceId, emergencyText(sourceId, command), signature) !== true) {
			return { status: "refused", code: "EMERGENCY_NOT_AUTHORISED", detail: `not signed by the key of ${sourceId}` };
		}
		return this.#exclusively(() => handleGridEmergency(this.#deps, command));
	}

	curtailments(windowId: WindowId): Promise<Curtailment[]> {
		return this.#deps.curtailments.ofWindow(windowId);
	}
}

const SIGNED_HEADER = "GridTokenX emergency 1\n";

/** What the control room signs. The directive it names must be executed on chain, so that no key alone can curtail. */
export function emergencyText(sourceId: string, { windowId, directiveId, outages }: HandleGridEmergency): string {
	return SIGNED_HEADER + JSON.stringify([sourceId, windowId, directiveId, outages]);
}
