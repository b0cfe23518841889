import type { Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { EmergencyOutcome, HandleGridEmergency } from "../commands/HandleGridEmergency.ts";
import type { Curtailment } from "./CurtailmentRepository.ts";

/** A control room's order with its Ed25519 signature over `emergencyText`. */
export type SignedGridEmergency = { sourceId: string; command: HandleGridEmergency; signature: Hex };

export interface GridEmergencies {
	handle(emergency: SignedGridEmergency): Promise<EmergencyOutcome>;
	curtailments(windowId: WindowId): Promise<Curtailment[]>;
}
