/** A network that cannot be used, with every fault named by its element. */
export class NetworkError extends Error {
	readonly faults: string[];

	constructor(name: string, faults: string[]) {
		super(`network ${name} refused: ${faults.join("; ")}`);
		this.name = "NetworkError";
		this.faults = faults;
	}
}
