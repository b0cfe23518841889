import type { PlacementOutcome } from "../../offchain/application/commands/PlaceEnergyOrder.ts";
import type { EnergyTradingApplicationService } from "../../offchain/application/services/EnergyTradingApplicationService.ts";
import type { Order } from "../../offchain/domain/orders/Order.ts";
import type { Address, Hash32 } from "../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../offchain/domain/units/units.ts";
import { type WindowId, windowStart } from "../../offchain/domain/units/window.ts";
import type { History } from "./History.ts";
import type { MemoryDatabase } from "./MemoryDatabase.ts";
import type { ProcessPorts } from "./ProcessPorts.ts";
import { hashOf } from "./SimulatedChain.ts";

const GATE_SECONDS = 300;
const PATIENCE_MILLIS = 12_000;
const TRIES = 6;

/** The api as a client meets it: an address that may not answer. */
export type Api = { ports: ProcessPorts; service: EnergyTradingApplicationService };

/** A participant outside of the system, who remembers what it was told and sends again what was not answered. */
export class Trader {
	readonly account: Address;
	readonly meterId: number;
	readonly isSeller: boolean;
	private readonly ports: ProcessPorts;
	private readonly history: History;
	private readonly database: MemoryDatabase;
	private readonly api: () => Api | null;
	private readonly windows: WindowId[];
	private nextSequence = 1;
	private readonly resting: Hash32[] = [];

	constructor(
		index: number,
		parts: {
			ports: ProcessPorts;
			history: History;
			database: MemoryDatabase;
			api: () => Api | null;
			windows: WindowId[];
		},
	) {
		this.account = `0x${(0xa0 + index).toString(16).repeat(20)}`;
		this.meterId = index + 1;
		this.isSeller = index % 2 === 0;
		this.ports = parts.ports;
		this.history = parts.history;
		this.database = parts.database;
		this.api = parts.api;
		this.windows = parts.windows;
	}

	async run(): Promise<void> {
		const { random } = this.ports.scheduler;
		for (;;) {
			await this.ports.sleep(random.integer(6_000, 40_000));
			const nowSeconds = this.ports.scheduler.nowMillis / 1000;
			const open = this.windows.filter((windowId) => nowSeconds < windowStart(windowId) - GATE_SECONDS + 20);
			if (open.length === 0) return;
			const hash = this.resting.at(-1);
			if (hash !== undefined && random.chance(0.25)) await this.cancel(hash);
			else await this.place(random.pick(open));
		}
	}

	private async place(windowId: WindowId): Promise<void> {
		const { random } = this.ports.scheduler;
		const order: Order = {
			trader: this.account,
			meterId: this.meterId,
			windowId,
			side: this.isSeller ? "sell" : "buy",
			orderClass: "limit",
			timeInForce: random.chance(0.15) ? "ioc" : "gtc",
			postOnly: false,
			selfTradeMode: "cancelNewest",
			priceSatPerKwh: priceSatPerKwh(random.integer(300, 500) + (this.isSeller ? 0 : 100)),
			energyWh: energyWh(random.integer(1, 40) * 250),
			sequence: this.nextSequence++,
			epoch: 0,
			validUntil: 0,
			directiveId: 0,
		};
		for (let attempt = 0; attempt < TRIES; attempt++) {
			if (this.ports.fault("impatientClient")) void this.request((api) => placeAt(api, order)).catch(() => undefined);
			const outcome = await this.request((api) => placeAt(api, order));
			if (outcome === null || outcome.status === "busy" || outcome.status === "unknown") continue;
			this.note(order, outcome);
			return;
		}
	}

	private note(order: Order, outcome: PlacementOutcome): void {
		if (outcome.status === "rejected") {
			this.history.rejections.push(outcome.orderHash);
			return;
		}
		if (outcome.status !== "accepted") return;
		const { orderHash, sequence, events, openWh } = outcome.receipt;
		this.history.orders.push({ orderHash, order, sequence, events });
		if (openWh > 0) this.resting.push(orderHash);
		if (sequence > this.database.lastSequence) {
			this.history.seen.push(`order ${orderHash.slice(0, 10)} was acknowledged as input ${sequence} before its commit`);
		}
	}

	private async cancel(orderHash: Hash32): Promise<void> {
		for (let attempt = 0; attempt < TRIES; attempt++) {
			const outcome = await this.request((api) => api.service.cancelOrder({ account: this.account, orderHash }, "0x"));
			if (outcome === null || outcome.status === "busy" || outcome.status === "unknown") continue;
			this.resting.splice(this.resting.indexOf(orderHash), 1);
			if (outcome.status === "cancelled") this.history.cancels.push(orderHash);
			return;
		}
	}

	/** Null when there was no answer in time. */
	async request<Answer>(ask: (api: Api) => Promise<Answer>): Promise<Answer | null> {
		const answered = this.arrive(ask);
		return Promise.race([answered, this.ports.sleep(PATIENCE_MILLIS).then(() => null)]);
	}

	private async arrive<Answer>(ask: (api: Api) => Promise<Answer>): Promise<Answer | null> {
		const never = new Promise<never>(() => undefined);
		await this.ports.sleep(this.ports.scheduler.random.integer(5, 50));
		const api = this.api();
		if (api === null || this.ports.fault("lostMessage")) return never;
		await api.ports.sleep(1);
		// An api that fails says so; to the client that is as good as no answer.
		const answer = await ask(api).catch(() => null);
		await this.ports.sleep(this.ports.scheduler.random.integer(5, 50));
		return this.ports.fault("lostMessage") ? never : answer;
	}
}

function placeAt(api: Api, order: Order): Promise<PlacementOutcome> {
	return api.service.placeEnergyOrder({ order, signature: `0x${hashOf(JSON.stringify(order)).slice(2).repeat(2)}` });
}

/** Identity of an order without elliptic curves: signatures are tested elsewhere. */
export function simulatedOrderHash(order: Order): Hash32 {
	return hashOf(JSON.stringify(order));
}
