import { createHash } from "node:crypto";
import { GridTokenXClient } from "../../offchain/client/GridTokenXClient.ts";
import { LocalKeySigner } from "../../offchain/client/LocalKeySigner.ts";
import type { Order } from "../../offchain/domain/orders/Order.ts";
import { orderHash } from "../../offchain/domain/orders/orderHash.ts";
import type { OrderDomain } from "../../offchain/domain/orders/orderTypedData.ts";
import type { Address, Hash32, Hex } from "../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../offchain/domain/units/units.ts";
import type { WindowId } from "../../offchain/domain/units/window.ts";
import { localKey } from "../../offchain/processes/exchange/localKeys.ts";
import type { MarketRegistration } from "../../offchain/simulators/participants/marketRegistration.ts";

const SELLERS = 6;
const BUYERS = 6;
const RETRY_MILLIS = 100;
/** Central zone C1, PEA's. */
const ZONE = 2;

type Trader = { signer: LocalKeySigner; account: Address; meterId: number; side: Order["side"] };
export type Acknowledged = { orderHash: Hash32; windowId: WindowId; afterMillis: number };

/** Clients that trade through whichever API answers, and write down every order that was acknowledged to them. */
export class ChaosMarket {
	readonly acknowledged: Acknowledged[] = [];
	readonly refused: { orderHash: Hash32; code: string }[] = [];
	repeats = 0;
	private readonly traders: Trader[];
	private readonly clients: GridTokenXClient[];
	private readonly domain: OrderDomain;
	private readonly attester = new LocalKeySigner(localKey("PEA attester"));
	private nextSequence = 1;

	constructor(urls: string[], domain: OrderDomain) {
		this.clients = urls.map((url) => new GridTokenXClient(url, { timeoutMillis: 4_000 }));
		this.domain = domain;
		this.traders = Array.from({ length: SELLERS + BUYERS }, (_, index) => {
			const signer = new LocalKeySigner(traderKey(index));
			return { signer, account: signer.address, meterId: index + 1, side: index < SELLERS ? "sell" : "buy" };
		});
	}

	/** What must stand on chain before they can trade. */
	static registration(): MarketRegistration {
		const accounts = Array.from(
			{ length: SELLERS + BUYERS },
			(_, index) => new LocalKeySigner(traderKey(index)).address,
		);
		return {
			licences: accounts.map((account) => ({ account, tier: 1 })),
			meters: accounts.map((owner, index) => ({
				meterId: index + 1,
				owner,
				zoneId: ZONE,
				source: index < SELLERS ? ("rooftopSolar" as const) : ("none" as const),
				maxWindowWh: index < SELLERS ? 10_000_000 : 0,
				nodeId: 0,
				latitudeMicrodegrees: 13_700_000,
				longitudeMicrodegrees: 100_500_000,
			})),
			deposits: accounts.map((account) => ({ account, amountSat: 50_000_000 })),
		};
	}

	/** One round of orders of everybody; each is repeated, unchanged, until there is a definite answer. */
	async placeRound(windowId: WindowId): Promise<void> {
		await Promise.all(
			this.traders.map(async (trader, index) => {
				const order = this.order(trader, windowId, index);
				await this.place(trader, order);
			}),
		);
	}

	/** What the sellers' meters measured: some deliver less than they sold. */
	async submitReadings(windowId: WindowId, soldWhByMeter: Map<number, number>): Promise<void> {
		const readings = this.traders
			.filter(({ side }) => side === "sell")
			.map(({ meterId }) => {
				const soldWh = soldWhByMeter.get(meterId) ?? 0;
				return { windowId, meterId, exportedWh: meterId === 2 ? soldWh >> 1 : soldWh };
			});
		const batch = { windowId, licensee: "PEA" as const, readings };
		const signature = await this.attester.signReadings(batch, this.domain);
		for (let attempt = 0; ; attempt++) {
			const client = this.clients[attempt % this.clients.length] as GridTokenXClient;
			const answer = await client.submitReadings({ ...batch, signature }).catch(() => null);
			if (answer !== null && answer.status !== "refused") return;
			if (attempt > 600) throw new Error(`readings of window ${windowId} are not taken: ${JSON.stringify(answer)}`);
			await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS));
		}
	}

	/** How the exchange knows an acknowledged order now; null when it does not. */
	async find(hash: Hash32): Promise<unknown> {
		for (const client of this.clients) {
			const found = await client.order(hash).catch(() => null);
			if (found !== null) return found;
		}
		return null;
	}

	private async place(trader: Trader, order: Order): Promise<void> {
		const hash = orderHash(order, this.domain);
		const signature = await trader.signer.signOrder(order, this.domain);
		const startedAt = performance.now();
		for (let attempt = 0; ; attempt++) {
			const client = this.clients[(trader.meterId + attempt) % this.clients.length] as GridTokenXClient;
			const answer = await client.submitOrder({ order, signature });
			if (answer.status === "rejected") {
				this.refused.push({ orderHash: hash, code: answer.code });
				return;
			}
			if (answer.status !== "unavailable") {
				const afterMillis = Math.round(performance.now() - startedAt);
				this.acknowledged.push({ orderHash: hash, windowId: order.windowId, afterMillis });
				return;
			}
			this.repeats += 1;
			await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS));
		}
	}

	private order(trader: Trader, windowId: WindowId, index: number): Order {
		const isSell = trader.side === "sell";
		return {
			trader: trader.account,
			meterId: trader.meterId,
			windowId,
			side: trader.side,
			orderClass: "limit",
			timeInForce: "gtc",
			postOnly: false,
			selfTradeMode: "cancelNewest",
			priceSatPerKwh: priceSatPerKwh(isSell ? 90 + index : 150 + index),
			energyWh: energyWh(isSell ? 900 : 800),
			sequence: this.nextSequence++,
			epoch: 0,
			validUntil: 0,
			directiveId: 0,
		};
	}
}

function traderKey(index: number): Hex {
	return `0x${createHash("sha256").update(`chaos trader ${index}`).digest("hex")}`;
}
