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

/** Takes a control room's signed orders for an emergency, one at a time: each plans on what the last has left. */
export class GridEmergencyService implements GridEmergencies {
	readonly #deps: EmergencyDependencies;
	readonly #sources: TelemetrySources;
	#last: Promise<unknown> = Promise.resolve();

	constructor(deps: EmergencyDependencies, sources: TelemetrySources) {
		this.#deps = deps;
		this.#sources = sources;
	}

	async handle({ sourceId, command, signature }: SignedGridEmergency): Promise<EmergencyOutcome> {
		if (this.#sources.isSignedBy(sourceId, emergencyText(sourceId, command), signature) !== true) {
			return { status: "refused", code: "EMERGENCY_NOT_AUTHORISED", detail: `not signed by the key of ${sourceId}` };
		}
		const outcome = this.#last.then(() => handleGridEmergency(this.#deps, command));
		this.#last = outcome.catch(() => undefined);
		return outcome;
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
