import type { PublicClient } from "viem";
import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { rulesAbi } from "./protocolAbi.ts";

/** A version for a coming window may still be scheduled; it takes effect days later, so that this is never seen late. */
const KEPT_MILLIS = 10_000;
const WINDOWS_KEPT = 256;

/** The regulator's rules in force for a window, from the chain. */
export class MarketRulesReader {
	readonly #client: Pick<PublicClient, "readContract">;
	readonly #address: Address;
	readonly #known = new Map<WindowId, { rules: Promise<MarketRulesVersion>; readAt: number }>();

	constructor(client: Pick<PublicClient, "readContract">, marketRules: Address) {
		this.#client = client;
		this.#address = marketRules;
	}

	/** Rejects while the chain does not answer; a failed read is not kept. */
	at(windowId: WindowId): Promise<MarketRulesVersion> {
		const known = this.#known.get(windowId);
		const now = performance.now();
		if (known !== undefined && now - known.readAt < KEPT_MILLIS) return known.rules;
		const rules = this.#read(windowId);
		this.#known.delete(windowId);
		this.#known.set(windowId, { rules, readAt: now });
		rules.catch(() => this.#known.delete(windowId));
		const oldest = this.#known.keys().next().value;
		if (this.#known.size > WINDOWS_KEPT && oldest !== undefined) this.#known.delete(oldest);
		return rules;
	}

	async #read(windowId: WindowId): Promise<MarketRulesVersion> {
		const rules = await this.#client.readContract({
			address: this.#address,
			abi: rulesAbi,
			functionName: "rulesAt",
			args: [windowId],
		});
		return { ...rules, distributionSatPerKwh: [...rules.distributionSatPerKwh] };
	}
}
