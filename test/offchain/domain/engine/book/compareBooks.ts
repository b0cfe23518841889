import { expect } from "chai";
import { BUY, OrderBook, SELL } from "../../../../../offchain/domain/engine/book/OrderBook.ts";
import { NaiveOrderBook } from "./NaiveOrderBook.ts";

type Profile = { owners: number; zones: number; prices: number; adders: number[]; spread: number };

/**
 * Sends the same random commands to both books and compares every refusal and fill, and the depth now and then.
 * A model with arrays is slow with many orders, so that cancels keep the book small.
 */
export function compareBooks(seed: number, commands: number): void {
	const random = generator(seed);
	for (let done = 0; done < commands; done += 1_000) {
		const zones = [1, 2, 5, 16][random(4)] as number;
		const profile: Profile = {
			owners: [1, 4, 40][random(3)] as number,
			zones,
			prices: [8, 60, 4_000][random(3)] as number,
			spread: [1, 1, 37, 100_003][random(4)] as number,
			adders: random(2) === 0 ? [] : Array.from({ length: 256 }, () => random(6)),
		};
		try {
			compareOne(random, profile, Math.min(1_000, commands - done));
		} catch (error) {
			(error as Error).message = `seed ${seed}, after ${done} commands: ${(error as Error).message}`;
			throw error;
		}
	}
}

function compareOne(random: (below: number) => number, profile: Profile, commands: number): void {
	const fast = new OrderBook(2, profile.adders);
	const naive = new NaiveOrderBook(profile.adders);
	const price = () => (100 + random(profile.prices)) * profile.spread;
	for (let id = 1; id <= commands; id++) {
		const kind = random(10);
		const target =
			random(5) === 0 ? random(id) + 1 : ((naive.orders[random(naive.orders.length || 1)]?.id ?? 1) as number);
		if (kind < 3) {
			expect(fast.cancel(target), `cancel ${target}`).to.equal(naive.cancel(target));
		} else if (kind < 4) {
			const keepsPrice = random(2) === 0;
			const at = keepsPrice ? (naive.orders.find((order) => order.id === target)?.price ?? price()) : price();
			const wh = 1 + random(30);
			expect(fast.amend(target, at, wh), `amend ${target}`).to.equal(naive.amend(target, at, wh));
		} else {
			const command = [
				id,
				random(profile.owners),
				random(2),
				1 + random(profile.zones),
				random(2) === 1,
				price(),
				1 + random(30),
				[0, 0, 0, 1, 2, 3][random(6)] as number,
			] as const;
			expect(fast.place(...command), `place ${command}`).to.equal(naive.place(...command));
		}
		const fills = Array.from({ length: fast.fillCount }, (_, index) => [
			fast.fillMakerId[index],
			fast.fillPrice[index],
			fast.fillWh[index],
		]);
		expect(fills, `fills of command ${id}`).to.deep.equal(naive.fills);
		if (id % 20 === 0) {
			expect(fast.depth(BUY)).to.deep.equal(naive.depth(0));
			expect(fast.depth(SELL)).to.deep.equal(naive.depth(1));
		}
	}
	expect([...fast.resting()].length).to.equal(naive.orders.length);
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
