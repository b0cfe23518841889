import { BUS_TYPES, type NetworkCase } from "./NetworkCase.ts";
import { NetworkError } from "./NetworkError.ts";
import { validateNetwork } from "./validateNetwork.ts";

/**
 * A validated case with buses counted from 0 in file order, ready for matrices. Out-of-service branches and those at
 * isolated buses stay in place with susceptance 0, so that results keep the file's order.
 */
export class IndexedNetwork {
	readonly network: NetworkCase;
	readonly busCount: number;
	readonly branchCount: number;
	readonly referenceBus: number;
	readonly isIsolated: Uint8Array;
	readonly isInService: Uint8Array;
	readonly fromBus: Int32Array;
	readonly toBus: Int32Array;
	/** MATPOWER's b = 1 / (x · tap); 0 where out of service. */
	readonly susceptancePu: Float64Array;
	readonly #indexByNumber: ReadonlyMap<number, number>;

	/** Throws a `NetworkError` naming every fault. */
	constructor(network: NetworkCase) {
		const faults = validateNetwork(network);
		if (faults.length > 0) throw new NetworkError(network.name, faults);
		this.network = network;
		this.busCount = network.buses.length;
		this.branchCount = network.branches.length;
		this.#indexByNumber = new Map(network.buses.map((bus, index) => [bus.number, index]));
		this.referenceBus = network.buses.findIndex((bus) => bus.type === BUS_TYPES.reference);
		this.isIsolated = Uint8Array.from(network.buses, (bus) => Number(bus.type === BUS_TYPES.isolated));
		this.fromBus = Int32Array.from(network.branches, (branch) => this.busIndex(branch.from));
		this.toBus = Int32Array.from(network.branches, (branch) => this.busIndex(branch.to));
		this.isInService = Uint8Array.from(network.branches, ({ inService }, index) =>
			Number(
				inService && !this.isIsolated[this.fromBus[index] as number] && !this.isIsolated[this.toBus[index] as number],
			),
		);
		this.susceptancePu = Float64Array.from(network.branches, ({ reactancePu, tapRatio }, index) =>
			this.isInService[index] ? 1 / (reactancePu * (tapRatio === 0 ? 1 : tapRatio)) : 0,
		);
	}

	/** Throws a `NetworkError` for a number the case does not have. */
	busIndex(number: number): number {
		const index = this.#indexByNumber.get(number);
		if (index === undefined) throw new NetworkError(this.network.name, [`unknown bus ${number}`]);
		return index;
	}
}
