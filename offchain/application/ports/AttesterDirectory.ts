import type { Licensee } from "../../domain/grid/zones.ts";
import type { Address } from "../../domain/units/Address.ts";

/** Who may sign readings, and where a meter stands; as the chain's registry has it. */
export interface AttesterDirectory {
	/** Null for a key that is no licensee's attester. */
	licenseeOfAttester(attester: Address): Promise<Licensee | null>;
	/** Zone of each meter, in order; null for one that is not registered. */
	zonesOf(meterIds: readonly number[]): Promise<(number | null)[]>;
}
