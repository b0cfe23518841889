import { expect } from "chai";
import type { PayoutChain } from "../../offchain/application/ports/Payouts.ts";
import { MakerRewardService } from "../../offchain/application/services/MakerRewardService.ts";
import { PayoutService } from "../../offchain/application/services/PayoutService.ts";
import { ReserveHoldingService } from "../../offchain/application/services/ReserveHoldingService.ts";
import type { Payout } from "../../offchain/domain/payouts/Payout.ts";
import type { Address } from "../../offchain/domain/units/Address.ts";
import { PostgresBalancingRecord } from "../../offchain/infrastructure/postgres/PostgresBalancingRecord.ts";
import { PostgresMakerScores } from "../../offchain/infrastructure/postgres/PostgresMakerScores.ts";
import { PostgresPayoutLedger } from "../../offchain/infrastructure/postgres/PostgresPayoutLedger.ts";
import type { TransactionSender } from "../../offchain/infrastructure/reconciliation/TransactionSender.ts";
import { VaultPayouts } from "../../offchain/infrastructure/reconciliation/VaultPayouts.ts";
import { TestVenue, type Trader } from "./TestVenue.ts";
import { testKey } from "./testKeys.ts";
import { TEST_CHAIN } from "./testServices.ts";

const WINDOW = 2_000_000;
const PAYER = testKey("payouts");

describe("G7 M7 payouts on a real chain: owed, written down, paid once", function () {
	this.timeout(60_000);
	let venue: TestVenue;
	let ledger: PostgresPayoutLedger;
	let sender: TransactionSender;
	let chain: VaultPayouts;
	let provider: Trader;
	let maker: Trader;
	let refused: string[];

	before(async () => {
		venue = await TestVenue.create();
		[provider, maker] = (await venue.traders(2, "battery", 1_000n)) as [Trader, Trader];
		await venue.send(PAYER, venue.calls.mintTestTokens(PAYER.address, 1_500n));
		ledger = new PostgresPayoutLedger(venue.database.pool);
		sender = venue.sender(PAYER.privateKey);
		await sender.start();
		chain = new VaultPayouts({ rpcUrl: venue.chain.rpcUrl, deployment: venue.deployment, sender });
		refused = [];
	});
	after(async () => {
		await sender.stop();
		await venue.destroy();
	});

	const service = (through: PayoutChain) =>
		new PayoutService({ ledger, chain: through, leastPaymentSat: 100, onRefused: (line) => refused.push(line) });
	const holding = (account: Address, amountMsat: number, windowId = WINDOW): Payout => ({
		kind: "reserveHolding",
		windowId,
		account,
		reference: "battery",
		amountMsat,
	});
	const vaultSat = async (account: Address) => {
		const { addresses } = venue.deployment;
		const msat = await venue.publicClient.readContract({
			address: addresses.CollateralVault,
			abi: [
				{
					type: "function",
					name: "balanceOf",
					stateMutability: "view",
					inputs: [{ type: "address" }],
					outputs: [{ type: "uint64" }],
				},
			],
			functionName: "balanceOf",
			args: [account],
		});
		return Number(msat / 1000n);
	};

	it("default: whole satoshi are deposited for the account, the rest stays owed; recorded twice it is owed once", async () => {
		await ledger.record([holding(provider.address, 250_700)]);
		await ledger.record([holding(provider.address, 250_700)]);
		expect(await service(chain).refresh()).to.equal(true);
		expect(await vaultSat(provider.address)).to.equal(1_250);
		const { earnedMsat, paidSat, owedMsat, payments } = await ledger.statement(provider.address, 10);
		expect({ earnedMsat, paidSat, owedMsat }).to.deep.equal({ earnedMsat: 250_700, paidSat: 250, owedMsat: 700 });
		expect(payments.map(({ state, amountSat }) => [state, amountSat])).to.deep.equal([["paid", 250]]);
		await service(chain).refresh();
		expect(await vaultSat(provider.address)).to.equal(1_250);
	});

	it("X4 behavior: a crash after sending pays once: the same payment is carried on", async () => {
		await ledger.record([holding(maker.address, 300_000)]);
		const dies: PayoutChain = {
			pay: async (payment) => {
				await chain.pay(payment);
				throw new Error("the process dies");
			},
		};
		await service(dies)
			.refresh()
			.catch(() => undefined);
		expect((await ledger.openPayments()).map(({ amountSat }) => amountSat)).to.deep.equal([300]);
		await service(chain).refresh();
		expect(await ledger.openPayments()).to.deep.equal([]);
		expect(await vaultSat(maker.address)).to.equal(1_300);
	});

	it("error: what the payer cannot pay is refused by name, stays owed, and is paid once there is money", async () => {
		await ledger.record([holding(maker.address, 2_000_000, WINDOW + 1)]);
		expect(await service(chain).refresh()).to.equal(false);
		expect(refused.join()).to.match(/2000 sat to 0x[0-9a-f]+ were refused/);
		expect((await ledger.statement(maker.address, 10)).owedMsat).to.equal(2_000_000);
		await venue.send(PAYER, venue.calls.mintTestTokens(PAYER.address, 5_000n));
		expect(await service(chain).refresh()).to.equal(true);
		expect(await vaultSat(maker.address)).to.equal(3_300);
		const { payments } = await ledger.statement(maker.address, 10);
		expect(payments.map(({ state }) => state)).to.deep.equal(["paid", "refused", "paid"]);
	});

	it("invariant: the database itself refuses a payment nobody is owed, and a second one under way", async () => {
		expect(await failure(ledger.beginPayment(provider.address, 1))).to.match(/owed less/);
		await ledger.record([holding(provider.address, 9_000_000, WINDOW + 2)]);
		await ledger.beginPayment(provider.address, 1);
		expect(await failure(ledger.beginPayment(provider.address, 1))).to.match(/payout_payments_under_way/);
		await service(chain).refresh();
	});

	it("default: holding of a settled window is owed once, less what was called and not injected", async () => {
		const { pool } = venue.database;
		const record = new PostgresBalancingRecord(pool);
		const windowId = WINDOW + 10;
		const offer = {
			offerId: "battery",
			account: provider.address,
			zoneId: 2,
			meterId: provider.meterId,
			activationSeconds: 1,
			direction: "up" as const,
			capacityMw: 1,
			holdingSatPerMwHour: 900,
			energySatPerKwh: 100,
		};
		const accepted = [{ offerId: "battery", capacityMw: 1 }];
		const procurement = {
			product: "secondary" as const,
			requiredMw: 1,
			accepted,
			marginalSatPerMwHour: 900,
			missingMw: 0,
		};
		await record.keepProcurement({ windowId, procured: [{ direction: "up", procurement }], offers: [offer] });
		const called = [
			{
				offerId: "battery",
				zoneId: 2,
				meterId: provider.meterId,
				direction: "up" as const,
				calledWh: 1_000,
				energySatPerKwh: 100,
			},
		];
		const nothing = {
			atSeconds: 0,
			meanCorrectionW: 0,
			neededWh: 1_000,
			reducedWh: 0,
			missingWh: 0,
			orders: [],
			refusals: [],
		};
		await record.keepActivation(windowId, { ...nothing, called });
		const holdings = new ReserveHoldingService(record);
		await holdings.refresh();
		expect(await holdingOf(provider.address, windowId)).to.deep.equal([]);
		await pool.query("INSERT INTO window_pipelines (window_id, stage) VALUES ($1, 'reconciled')", [windowId]);
		await pool.query(
			`WITH batch AS (INSERT INTO reading_batches (window_id, licensee, signature) VALUES ($1, 'PEA', '0x') RETURNING batch_id)
			INSERT INTO readings (window_id, meter_id, exported_wh, batch_id, batch_index) SELECT $1, $2, 600, batch_id, 0 FROM batch`,
			[windowId, provider.meterId],
		);
		await holdings.refresh();
		await holdings.refresh();
		expect(await holdingOf(provider.address, windowId)).to.deep.equal([135_000]);
	});

	it("M7 default: sampled quotes earn a part of the settled window's platform charges, once", async () => {
		const { pool } = venue.database;
		const scores = new PostgresMakerScores(pool, TEST_CHAIN.chainId);
		const windowId = WINDOW + 20;
		const rewards = new MakerRewardService({
			engineQueries: { sessions: async () => [{ windowId, state: "open" }] as never },
			scores,
			rules: { widestSatPerKwh: 25, leastWh: 500, rebatePartsPerMillion: 250_000 },
			platformSatPerKwh: async () => 2,
			random: () => 0,
		});
		await pool.query(`INSERT INTO chain_blocks VALUES ($1, 'b1', 900000, 'b0', 0)`, [TEST_CHAIN.chainId]);
		await pool.query(
			`INSERT INTO chain_events (chain_id, block_hash, log_index, block_number, transaction_hash, contract, name, args)
			VALUES ($1, 'b1', 0, 900000, '0x', 'MeterRegistry', 'MeterRegistered', $2)`,
			[TEST_CHAIN.chainId, JSON.stringify({ meterId: maker.meterId, zoneId: 2 })],
		);
		for (const [hash, side, price] of [
			["a", "buy", 95],
			["b", "sell", 105],
		] as const) {
			await pool.query(
				`INSERT INTO orders VALUES ($1, $2, $3, $4, $5, 'limit', 'gtc', false, 'cancelNewest', $6, 2000, 1, 0, 0, 0, '0x',
					'active', NULL, NULL, 0, 2000, 1, 1, 0)`,
				[`0x${hash.repeat(64)}`, maker.address, maker.meterId, windowId, side, price],
			);
		}
		await rewards.sample();
		await rewards.sample();
		// 5 of 25 from the middle: (20/25)² of 2000 Wh, twice.
		expect(await scores.ofWindow(windowId)).to.deep.equal([{ account: maker.address, score: 2_560, samples: 2 }]);
		await pool.query("INSERT INTO window_pipelines (window_id, stage) VALUES ($1, 'reconciled')", [windowId]);
		await rewards.settle();
		await rewards.settle();
		const { rows } = await pool.query("SELECT * FROM maker_windows WHERE window_id = $1", [windowId]);
		expect(rows).to.deep.equal([{ window_id: windowId, platform_msat: 0, pool_msat: 0 }]);
	});

	async function holdingOf(account: Address, windowId: number): Promise<number[]> {
		const { payouts } = await ledger.statement(account, 100);
		return payouts.filter((each) => each.windowId === windowId).map(({ amountMsat }) => amountMsat);
	}
});

async function failure(work: Promise<unknown>): Promise<string> {
	return work.then(
		() => "",
		(error: Error) => error.message,
	);
}
