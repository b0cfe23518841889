import { expect } from "chai";
import { OrderRegistry } from "../../../../../offchain/domain/engine/core/OrderRegistry.ts";
import type { Hash32 } from "../../../../../offchain/domain/units/Address.ts";

const SEED = Number(process.env.ENGINE_SEED ?? Date.now() % 1_000_000);

describe("O7 idempotent orders: the registry of known orders", () => {
	it(`invariant: knows what a map knows, through growth and forgetting (seed ${SEED})`, () => {
		const random = generator(SEED);
		const registry = new OrderRegistry();
		const model = new Map<Hash32, number>();
		for (let step = 0; step < 20_000; step++) {
			// Few different ends: most prints are shared by several orders.
			const hash = hashOf(random(3_000), random(40));
			expect(registry.get(hash)).to.equal(model.get(hash));
			const draw = random(100);
			if (draw < 60) {
				expect(registry.add(hash, step)).to.equal(!model.has(hash));
				if (!model.has(hash)) model.set(hash, step);
			} else if (draw < 80 && model.has(hash)) {
				registry.replace(hash, step);
				model.set(hash, step);
			} else if (draw === 99) {
				const gone = [...model.keys()].filter(() => random(3) === 0);
				registry.forget([...gone, hashOf(9_999, 1)]);
				for (const other of gone) model.delete(other);
			}
		}
		expect([...registry.entries()]).to.deep.equal([...model]);
	});

	it("finds an order it looked up before others came", () => {
		const registry = new OrderRegistry();
		const [one, two] = [hashOf(1, 7), hashOf(2, 7)];
		expect(registry.get(one)).to.equal(undefined);
		registry.add(two, 2);
		registry.add(one, 1);
		expect([registry.get(one), registry.get(two), registry.add(one, 3)]).to.deep.equal([1, 2, false]);
	});
});

function hashOf(front: number, end: number): Hash32 {
	return `0x${front.toString(16).padStart(32, "0")}${end.toString(16).padStart(32, "0")}`;
}

function generator(seed: number): (below: number) => number {
	let state = (seed * 2_654_435_761) >>> 0 || 1;
	return (below) => {
		state ^= state << 13;
		state >>>= 0;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state % below;
	};
}
