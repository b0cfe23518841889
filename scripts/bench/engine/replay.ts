import { CommandReplay } from "../../../offchain/infrastructure/engine/replay/CommandReplay.ts";
import { bookStream, CANCEL, MARKET } from "./bookStream.ts";

const CHUNK_BYTES = 1 << 20;

/** Commands a second from CSV bytes to trades, parsing included. */
export function measureReplay(count: number): Record<string, number> {
	run(csv(Math.min(count, 200_000)));
	const bytes = csv(count);
	const started = performance.now();
	const replay = run(bytes);
	const seconds = (performance.now() - started) / 1000;
	return { commandsPerSecond: count / seconds, trades: replay.trades.length };
}

function run(bytes: Uint8Array): CommandReplay {
	const replay = new CommandReplay();
	for (let at = 0; at < bytes.length; at += CHUNK_BYTES) replay.push(bytes.subarray(at, at + CHUNK_BYTES));
	replay.end();
	return replay;
}

function csv(count: number): Uint8Array {
	const { kind, id, side, price, wh } = bookStream(count, 99);
	const lines = ["op,orderId,owner,side,type,tif,price,quantityWh,zone,renewable"];
	for (let at = 0; at < count; at++) {
		const word = side[at] === 0 ? "buy" : "sell";
		if (kind[at] === CANCEL) lines.push(`cancel,${id[at]},,,,,,,,`);
		else if (kind[at] === MARKET) lines.push(`place,${id[at]},0,${word},market,ioc,,${wh[at]},1,0`);
		else lines.push(`place,${id[at]},0,${word},limit,gtc,${price[at]},${wh[at]},1,0`);
	}
	return new TextEncoder().encode(lines.join("\n"));
}
