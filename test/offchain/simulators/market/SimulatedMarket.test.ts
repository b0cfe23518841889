import { expect } from "chai";
import type { SignedOrder } from "../../../../offchain/domain/orders/Order.ts";
import { windowStart } from "../../../../offchain/domain/units/window.ts";
import { explainRejection } from "../../../../offchain/simulators/market/explainRejection.ts";
import type { OrderAnswer, OrderEntry } from "../../../../offchain/simulators/market/OrderEntry.ts";
import { SimulatedMarket } from "../../../../offchain/simulators/market/SimulatedMarket.ts";
import type { WindowTally } from "../../../../offchain/simulators/market/WindowTally.ts";
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

function market(entry: OrderEntry, options: { atSeconds?: number; windows?: number } = {}) {
	return new SimulatedMarket({
		clock: new VirtualClock((options.atSeconds ?? windowStart(FIRST) - 3600) * 1000),
		entry,
		domain: TEST_DOMAIN,
		context: testScenario().context,
		firstWindow: FIRST,
		lastWindow: FIRST + (options.windows ?? 1) - 1,
	});
}

const accept = (): OrderAnswer => ({ status: "accepted" });
const reject = (reason: "ZONE_HALTED" | "EPOCH_STALE"): OrderAnswer => ({
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
		expect(tally?.rejections).to.deep.equal([]);
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

	it("error: a rejection nobody expected is a surprise, a halt on the chain explains it", async () => {
		const meterZone = new Map(testScenario().registration.meters.map(({ meterId, zoneId }) => [meterId, zoneId]));
		const simulated = market(
			new RecordingEntry(({ order }) => (meterZone.get(order.meterId) === 10 ? reject("ZONE_HALTED") : accept())),
		);
		await simulated.run(new AbortController().signal);
		const { rejections, rejectedByReason } = simulated.tally(FIRST) as WindowTally;
		expect(rejections.length).to.be.greaterThan(10);
		expect(rejectedByReason.ZONE_HALTED).to.equal(rejections.length);
		const halt = { kind: "HALT" as const, zoneId: 10, fromWindow: FIRST, toWindow: FIRST };
		const surprises = (directives: (typeof halt)[]) =>
			rejections.filter((rejection) => explainRejection(rejection, directives) === null).length;
		expect(surprises([])).to.equal(rejections.length);
		expect(surprises([halt])).to.equal(0);
		expect(surprises([{ ...halt, zoneId: 9 }])).to.equal(rejections.length);
		expect(surprises([{ ...halt, fromWindow: FIRST + 1, toWindow: FIRST + 1 }])).to.equal(rejections.length);
	});

	it("error: a reason the strategy did not intend explains nothing", async () => {
		const simulated = market(new RecordingEntry(() => reject("EPOCH_STALE")));
		await simulated.run(new AbortController().signal);
		const { rejections, placed } = simulated.tally(FIRST) as WindowTally;
		expect(rejections).to.have.length(placed);
		expect(rejections.every((rejection) => explainRejection(rejection, []) === null)).to.equal(true);
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
