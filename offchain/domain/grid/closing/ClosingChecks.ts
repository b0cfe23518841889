import type { ThaiNetwork } from "../thai/ThaiNetwork.ts";
import { ClosingCheck } from "./ClosingCheck.ts";

const REMEMBERED = 20;

/** The closing check of the network as it is: one per set of lines out of service, built when it is first asked for. */
export class ClosingChecks {
	readonly #network: ThaiNetwork;
	readonly #byOutages = new Map<string, ClosingCheck>();

	constructor(network: ThaiNetwork) {
		this.#network = network;
	}

	for(outages: readonly string[]): ClosingCheck {
		const key = [...outages].sort().join("; ");
		let check = this.#byOutages.get(key);
		if (check === undefined) {
			check = new ClosingCheck(this.#network, { outages: [...outages] });
			if (this.#byOutages.size >= REMEMBERED) this.#byOutages.clear();
			this.#byOutages.set(key, check);
		}
		return check;
	}
}
