import type pg from "pg";
import type { EngineQueries } from "../../application/ports/EngineQueries.ts";
import { type MakerRewardRules, MakerRewardService } from "../../application/services/MakerRewardService.ts";
import { PayoutService } from "../../application/services/PayoutService.ts";
import { ReserveHoldingService } from "../../application/services/ReserveHoldingService.ts";
import { LEAST_PAYMENT_SAT } from "../../domain/payouts/paymentsDue.ts";
import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import type { Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Deployment } from "../../infrastructure/chain/Deployment.ts";
import { sleepMillis } from "../../infrastructure/clock/sleepMillis.ts";
import { PostgresBalancingRecord } from "../../infrastructure/postgres/PostgresBalancingRecord.ts";
import { PostgresMakerScores } from "../../infrastructure/postgres/PostgresMakerScores.ts";
import { PostgresPayoutLedger } from "../../infrastructure/postgres/PostgresPayoutLedger.ts";
import { TransactionSender } from "../../infrastructure/reconciliation/TransactionSender.ts";
import { VaultPayouts } from "../../infrastructure/reconciliation/VaultPayouts.ts";

/** Wall-clock times: between two samples of quotes half to one and a half of this, so that nobody can wait for them. */
const SAMPLE_MILLIS = 2_000;
const SETTLE_MILLIS = 1_000;
const PAUSE_AFTER_REFUSAL_MILLIS = 60_000;

/** A quarter of the platform's charge goes back to who quotes at least 0.5 kWh on both sides within 25 sat/kWh. */
const MAKER_RULES: MakerRewardRules = { widestSatPerKwh: 25, leastWh: 500, rebatePartsPerMillion: 250_000 };

export type PayoutRoleOptions = {
	pool: pg.Pool;
	databaseUrl: string;
	rpcUrl: string;
	deployment: Deployment;
	confirmations: number;
	/** Key whose tokens pay; without it what is owed is recorded and not paid. */
	payoutKey: Hex | undefined;
	queries: Pick<EngineQueries, "sessions">;
	/** The regulator's rules in force for a window, from the chain. */
	rulesAt: (windowId: WindowId) => Promise<MarketRulesVersion>;
	onAlarm: (line: string) => void;
	/** The paying key is another process's now. */
	onLost: (error: Error) => void;
};

export type PayoutRole = { stop(): Promise<void> };

/** Works out what is owed outside of trades, for held reserve and for making the market, and pays it into the vault. */
export function startPayoutRole(options: PayoutRoleOptions): PayoutRole {
	const { pool, deployment, onAlarm } = options;
	const stopping = new AbortController();
	const { signal } = stopping;
	const holding = new ReserveHoldingService(new PostgresBalancingRecord(pool));
	const makers = new MakerRewardService({
		engineQueries: options.queries,
		scores: new PostgresMakerScores(pool, deployment.chainId),
		rules: MAKER_RULES,
		platformSatPerKwh: async (windowId) => (await options.rulesAt(windowId)).platformSatPerKwh,
		random: Math.random,
	});
	const repeat = async (what: string, look: () => Promise<number>): Promise<void> => {
		while (!signal.aborted) {
			let pauseMillis = PAUSE_AFTER_REFUSAL_MILLIS;
			try {
				pauseMillis = await look();
			} catch (error) {
				if (!signal.aborted) onAlarm(`${what}: ${(error as Error).message}`);
			}
			await sleepMillis(pauseMillis, signal);
		}
	};
	const loops = [
		repeat("quoting samples", async () => {
			await makers.sample();
			return SAMPLE_MILLIS * (0.5 + Math.random());
		}),
		repeat("payouts", async () => {
			await holding.refresh();
			await makers.settle();
			return SETTLE_MILLIS;
		}),
	];
	const paying = options.payoutKey === undefined ? null : startPaying(options, options.payoutKey, repeat);
	return {
		async stop() {
			stopping.abort();
			await paying?.stop();
			await Promise.all(loops);
		},
	};
}

/** Waits for the paying key, then pays what is due until stopped. */
function startPaying(
	options: PayoutRoleOptions,
	privateKey: Hex,
	repeat: (what: string, look: () => Promise<number>) => Promise<void>,
): { stop(): Promise<void> } {
	const { pool, databaseUrl, rpcUrl, deployment, confirmations, onAlarm, onLost } = options;
	const { chainId } = deployment;
	const sender = new TransactionSender({
		pool,
		databaseUrl,
		rpcUrl,
		chainId,
		privateKey,
		confirmations,
		onAlarm,
		onLost,
	});
	const service = new PayoutService({
		ledger: new PostgresPayoutLedger(pool),
		chain: new VaultPayouts({ rpcUrl, deployment, sender }),
		leastPaymentSat: LEAST_PAYMENT_SAT,
		onRefused: onAlarm,
	});
	const paying = sender
		.start()
		.then(() =>
			repeat("payouts", async () => ((await service.refresh()) ? SETTLE_MILLIS : PAUSE_AFTER_REFUSAL_MILLIS)),
		);
	return {
		async stop() {
			await sender.stop();
			await paying;
		},
	};
}
