import type { Licensee } from "../../domain/grid/zones.ts";
import type { Address } from "../../domain/units/Address.ts";

/** Who may sign readings, and which licensee's zone a meter lies in; as final on the chain. */
export interface AttesterDirectory {
	attestersOf(licensee: Licensee): Promise<readonly Address[]>;
	/** Null for a meter that is not registered. */
	zoneOf(meterId: number): Promise<number | null>;
}
