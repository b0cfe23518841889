import { makerRebates } from "../../domain/pricing/makerRebates.ts";
import { type QuotingRules, quotingScores } from "../../domain/pricing/quotingScores.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { EngineQueries } from "../ports/EngineQueries.ts";
import type { MakerScores } from "../ports/MakerScores.ts";

/** Windows looked at in one sample: of many open ones, these at random. */
const WINDOWS_PER_SAMPLE = 8;
const WINDOWS_PER_LOOK = 20;

export type MakerRewardRules = QuotingRules & {
	/** Share of a window's platform charges that goes back to who made its market. */
	rebatePartsPerMillion: number;
};

export type MakerRewardOptions = {
	engineQueries: Pick<EngineQueries, "sessions">;
	scores: MakerScores;
	rules: MakerRewardRules;
	/** The platform's charge in a window, sat/kWh. */
	platformSatPerKwh: (windowId: WindowId) => Promise<number>;
	/** In [0, 1): which windows, so that nobody knows when his quotes are looked at. */
	random: () => number;
};

/**
 * Market makers' incentive (SPEC M7): quoting quality is sampled at moments nobody knows, and after a window's settlement a
 * part of its platform charges is owed to its makers by their scores.
 */
export class MakerRewardService {
	readonly #options: MakerRewardOptions;

	constructor(options: MakerRewardOptions) {
		this.#options = options;
	}

	/** One sample of some open windows. */
	async sample(): Promise<void> {
		const { engineQueries, scores, rules, random } = this.#options;
		const sessions = await engineQueries.sessions();
		const trading = sessions.filter(({ state }) => state === "open" || state === "crossZoneClosed");
		const quoted = await scores.quotedWindows(trading.map(({ windowId }) => windowId));
		const chosen: WindowId[] = [];
		while (chosen.length < WINDOWS_PER_SAMPLE && quoted.length > 0) {
			chosen.push(...quoted.splice(Math.floor(random() * quoted.length), 1));
		}
		for (const windowId of chosen) {
			const total = new Map<Address, number>();
			for (const quotes of (await scores.quotes(windowId)).values()) {
				for (const [account, score] of quotingScores(quotes, rules)) {
					total.set(account, (total.get(account) ?? 0) + score);
				}
			}
			await scores.add(windowId, total);
		}
	}

	/** Works out the rebates of windows settled since the last look. */
	async settle(): Promise<void> {
		const { scores, rules, platformSatPerKwh } = this.#options;
		for (const { windowId, deliveredWh, scores: ofMakers } of await scores.unrewarded(WINDOWS_PER_LOOK)) {
			// Wh × sat/kWh are msat.
			const platformMsat = deliveredWh * (await platformSatPerKwh(windowId));
			const { poolMsat, rebates } = makerRebates(platformMsat, rules.rebatePartsPerMillion, ofMakers);
			const payouts = rebates.map(({ account, amountMsat }) => ({
				kind: "makerRebate" as const,
				windowId,
				account,
				reference: "quoting",
				amountMsat,
			}));
			await scores.reward({ windowId, platformMsat, poolMsat }, payouts);
		}
	}
}
