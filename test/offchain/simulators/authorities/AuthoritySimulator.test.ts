import { expect } from "chai";
import type { Directive } from "../../../../offchain/domain/engine/EngineInput.ts";
import { windowStart } from "../../../../offchain/domain/units/window.ts";
import type { DirectiveOrder } from "../../../../offchain/infrastructure/chain/contractCalls.ts";
import {
	AuthoritySimulator,
	type DirectiveDesk,
} from "../../../../offchain/simulators/authorities/AuthoritySimulator.ts";
import { testScenario, windowOf } from "../testScenario.ts";
import { VirtualClock } from "../VirtualClock.ts";

const FIRST = windowOf("2026-11-24T10:00");

class RecordingDesk implements DirectiveDesk {
	readonly executed: DirectiveOrder[] = [];

	async execute(request: DirectiveOrder) {
		this.executed.push(request);
		return { transactionHash: "0xabc" as const };
	}

	async directivesFor(windowId: number): Promise<Directive[]> {
		return this.executed
			.map((request, index) => ({ ...request, directiveId: index + 1 }))
			.filter(({ fromWindow, toWindow }) => fromWindow <= windowId && windowId <= toWindow);
	}
}

async function run(desk: DirectiveDesk, nowSeconds: number): Promise<VirtualClock> {
	const clock = new VirtualClock(nowSeconds * 1000);
	await new AuthoritySimulator({ clock, desk, halt: testScenario().halt(FIRST) }).run(new AbortController().signal);
	return clock;
}

describe("A2 EGAT halts a zone once in a run", () => {
	const halt = testScenario().halt(FIRST);

	it("default: one window, in the middle of its trading, with the hash of the legal order", async () => {
		const desk = new RecordingDesk();
		const clock = await run(desk, windowStart(FIRST) - 3_600);
		expect(desk.executed).to.have.length(1);
		expect(desk.executed[0]).to.include({ authority: "EGAT", kind: "HALT", fromWindow: halt.windowId, value: 0 });
		expect(desk.executed[0]?.toWindow).to.equal(halt.windowId);
		expect(desk.executed[0]?.reasonHash).to.match(/^0x[0-9a-f]{64}$/);
		const lead = windowStart(halt.windowId) - clock.nowMillis() / 1000;
		expect(lead).to.be.within(20 * 60, 50 * 60);
	});

	it("behavior: started again it finds its directive on the chain and does nothing", async () => {
		const desk = new RecordingDesk();
		await run(desk, windowStart(FIRST) - 3_600);
		await run(desk, windowStart(FIRST));
		expect(desk.executed).to.have.length(1);
	});

	it("behavior: tries again while the chain does not answer", async () => {
		const desk = new RecordingDesk();
		let failures = 3;
		const flaky: DirectiveDesk = {
			directivesFor: (windowId) => desk.directivesFor(windowId),
			execute: (request) => (--failures >= 0 ? Promise.reject(new Error("no answer")) : desk.execute(request)),
		};
		await run(flaky, windowStart(FIRST) - 3_600);
		expect(desk.executed).to.have.length(1);
	});

	it("behavior: never retroactive", async () => {
		const desk = new RecordingDesk();
		await run(desk, windowStart(halt.windowId) + 1);
		expect(desk.executed).to.deep.equal([]);
	});
});
