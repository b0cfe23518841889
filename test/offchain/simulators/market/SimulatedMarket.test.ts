import { expect } from "chai";
import type { Directive } from "../../../../offchain/domain/engine/EngineInput.ts";
import type { SignedOrder } from "../../../../offchain/domain/orders/Order.ts";
import { windowStart } from "../../../../offchain/domain/units/window.ts";
import type { OrderAnswer, OrderEntry } from "../../../../offchain/simulators/market/OrderEntry.ts";
import { SimulatedMarket } from "../../../../offchain/simulators/market/SimulatedMarket.ts";
import { TEST_DOMAIN, testScenario, windowOf } from "../testScenario.ts";
import { VirtualClock } from "../VirtualClock.ts";

const FIRST = windowOf("2026-11-24T10:00");

/** Records what was sent and answers by rule. */
class RecordingEntry implements OrderEntry {
	readonly sent: SignedOrder[] = [];
	readonly cancelled: string[] = [];
	readonly #answer: (signed: SignedOrder, attempt: number) => OrderAnswer;
	readonly #attempts = new Map<string, number>();

	constructor(answer: (signed: SignedOrder, attempt: number) => OrderAnswer) {
		this.#answer = answer;
	}

	async place(signed: SignedOrder): Promise<OrderAnswer> {
		const attempt = (this.#attempts.get(signed.orderHash) ?? 0) + 1;
		this.#attempts.set(signed.orderHash, attempt);
		this.sent.push(signed);
		return this.#answer(signed, attempt);
	}

	async cancel(_: unknown, orderHash: string): Promise<OrderAnswer> {
		this.cancelled.push(orderHash);
		return Number.parseInt(orderHash.slice(-1), 16) % 2 === 0
			? { status: "accepted" }
			: { status: "rejected", reason: "ORDER_UNKNOWN", detail: "" };
	}
}

function market(entry: OrderEntry, options: { atSeconds?: number; windows?: number; directives?: Directive[] } = {}) {
	return new SimulatedMarket({
		clock: new VirtualClock((options.atSeconds ?? windowStart(FIRST) - 3600) * 1000),
		entry,
		domain: TEST_DOMAIN,
		context: testScenario().context,
		firstWindow: FIRST,
		lastWindow: FIRST + (options.windows ?? 1) - 1,
		directivesFor: async () => options.directives ?? [],
	});
}

const accept = (): OrderAnswer => ({ status: "accepted" });
const reject = (reason: "ZONE_HALTED" | "FUNDS_INSUFFICIENT"): OrderAnswer => ({
	status: "rejected",
	reason,
	detail: "",
});

describe("T3 simulated market", () => {
	it("default: four windows place more than 1,000 orders, each once", async () => {
		const entry = new RecordingEntry(accept);
		const simulated = market(entry, { windows: 4 });
		await simulated.run(new AbortController().signal);
		expect(entry.sent.length).to.be.greaterThan(1_000);
		expect(new Set(entry.sent.map(({ orderHash }) => orderHash)).size).to.equal(entry.sent.length);
		const tally = simulated.tally(FIRST + 1);
		expect(tally?.placed).to.equal(entry.sent.filter(({ order }) => order.windowId === FIRST + 1).length);
		expect(tally?.unexplained).to.deep.equal([]);
	});

	it("behavior: a replacement is placed only when its predecessor was withdrawn", async () => {
		const withdrawn = new RecordingEntry(accept);
		const never = new RecordingEntry(accept);
		never.cancel = async () => ({ status: "rejected", reason: "ORDER_UNKNOWN", detail: "" });
		await market(withdrawn).run(new AbortController().signal);
		await market(never).run(new AbortController().signal);
		expect(withdrawn.cancelled.length).to.be.greaterThan(5);
		expect(withdrawn.sent.length).to.be.greaterThan(never.sent.length);
	});

	it("behavior: started again in the middle it sends the very same orders, so that placing is idempotent", async () => {
		const whole = new RecordingEntry(accept);
		await market(whole).run(new AbortController().signal);
		const late = new RecordingEntry(accept);
		await market(late, { atSeconds: windowStart(FIRST) - 1_500 }).run(new AbortController().signal);
		const signatures = (entry: RecordingEntry) =>
			new Map(entry.sent.map((order) => [order.orderHash, order.signature]));
		expect(late.sent).to.have.length(whole.sent.length);
		expect([...signatures(late)].sort()).to.deep.equal([...signatures(whole)].sort());
	});

	it("behavior: windows whose gate has closed are passed over", async () => {
		const entry = new RecordingEntry(accept);
		await market(entry, { atSeconds: windowStart(FIRST) - 100, windows: 2 }).run(new AbortController().signal);
		expect(entry.sent.some(({ order }) => order.windowId === FIRST)).to.equal(false);
		expect(entry.sent.some(({ order }) => order.windowId === FIRST + 1)).to.equal(true);
	});

	it("behavior: an unanswered order is sent again until it is answered", async () => {
		const entry = new RecordingEntry((_, attempt) =>
			attempt < 3 ? { status: "unavailable", detail: "busy" } : accept(),
		);
		const simulated = market(entry);
		await simulated.run(new AbortController().signal);
		const tally = simulated.tally(FIRST);
		expect(entry.sent.length).to.be.greaterThan((tally?.placed ?? 0) * 2);
		// Only the order meant to be late has no time left to be sent again.
		expect(tally?.unanswered).to.equal(1);
	});

	it("error: a rejection nobody expected is told, a halt on the chain explains it", async () => {
		const meterZone = new Map(testScenario().registration.meters.map(({ meterId, zoneId }) => [meterId, zoneId]));
		const inZone10 = ({ order }: SignedOrder) => meterZone.get(order.meterId) === 10;
		const answer = (signed: SignedOrder) => (inZone10(signed) ? reject("ZONE_HALTED") : accept());
		const surprised = market(new RecordingEntry(answer));
		await surprised.run(new AbortController().signal);
		expect(surprised.tally(FIRST)?.unexplained.length).to.be.greaterThan(10);
		const halt: Directive = {
			directiveId: 1,
			authority: "EGAT",
			kind: "HALT",
			zoneId: 10,
			fromWindow: FIRST,
			toWindow: FIRST,
			value: 0,
			reasonHash: "0x01",
		};
		const informed = market(new RecordingEntry(answer), { directives: [halt] });
		await informed.run(new AbortController().signal);
		expect(informed.tally(FIRST)?.rejectedByReason.ZONE_HALTED).to.be.greaterThan(10);
		expect(informed.tally(FIRST)?.unexplained).to.deep.equal([]);
		const broke = market(new RecordingEntry(() => reject("FUNDS_INSUFFICIENT")), { directives: [halt] });
		await broke.run(new AbortController().signal);
		expect(broke.tally(FIRST)?.unexplained.length).to.be.greaterThan(300);
	});

	it("behavior: stops when it is told to", async () => {
		const stop = new AbortController();
		const entry = new RecordingEntry((signed) => {
			if (signed.order.windowId === FIRST + 1) stop.abort();
			return accept();
		});
		await market(entry, { windows: 50 }).run(stop.signal);
		expect(entry.sent.every(({ order }) => order.windowId <= FIRST + 2)).to.equal(true);
	});
});
