import { expect } from "chai";
import { CommandReplay } from "../../../../../offchain/infrastructure/engine/replay/CommandReplay.ts";
import { parseAdders } from "../../../../../offchain/infrastructure/engine/replay/parseAdders.ts";

const HEADER = "op,orderId,owner,side,type,tif,price,quantityWh,zone,renewable\n";

describe("M6 replay of commands from a CSV", () => {
	it("gives trades, depth and refusals", () => {
		const result = replayed(
			"place,1,0,sell,limit,gtc,100,50,1,0",
			"place,2,0,sell,limit,gtc,101,50,1,0",
			"place,3,0,buy,market,ioc,,70,1,0",
			"place,4,0,buy,limit,gtc,99,10,1,0",
			"amend,4,,,,,99,4,,",
			"cancel,1",
		);
		expect(result.trades).to.equal("[3,1,100,50],[3,2,101,20]");
		expect(result.bids).to.deep.equal([[99, 4]]);
		expect(result.asks).to.deep.equal([[101, 30]]);
		expect(result.rejects).to.deep.equal([[1, "ORDER_UNKNOWN"]]);
	});

	const refused: [string, string, number | null, string][] = [
		["no such operation", "buy,7,0,sell,limit,gtc,100,50,1,0", 7, "MALFORMED"],
		["an id that is no number", "place,x,0,sell,limit,gtc,100,50,1,0", null, "MALFORMED"],
		["an id beyond 2^53", "place,9007199254740993,0,sell,limit,gtc,100,50,1,0", null, "MALFORMED"],
		["a negative price", "place,7,0,sell,limit,gtc,-1,50,1,0", 7, "MALFORMED"],
		["a fractional price", "place,7,0,sell,limit,gtc,1.5,50,1,0", 7, "MALFORMED"],
		["a limit order without price", "place,7,0,sell,limit,gtc,,50,1,0", 7, "MALFORMED"],
		["no quantity", "place,7,0,sell,limit,gtc,100,,1,0", 7, "MALFORMED"],
		["quantity zero", "place,7,0,sell,limit,gtc,100,0,1,0", 7, "QUANTITY_RANGE"],
		["too much", "place,7,0,sell,limit,gtc,100,4294967296,1,0", 7, "QUANTITY_RANGE"],
		["no such side", "place,7,0,hold,limit,gtc,100,5,1,0", 7, "MALFORMED"],
		["no such type", "place,7,0,sell,stop,gtc,100,5,1,0", 7, "MALFORMED"],
		["no such time in force", "place,7,0,sell,limit,day,100,5,1,0", 7, "MALFORMED"],
		["all or none", "place,7,0,sell,limit,aon,100,5,1,0", 7, "ALL_OR_NONE_UNSUPPORTED"],
		["no such zone", "place,7,0,sell,limit,gtc,100,5,17,0", 7, "MALFORMED"],
		["a market order that posts", "place,7,0,sell,market,post,100,5,1,0", 7, "MALFORMED"],
		["too many columns", "place,7,0,sell,limit,gtc,100,5,1,0,9", 7, "MALFORMED"],
		["an unknown order", "amend,7,,,,,100,5,,", 7, "ORDER_UNKNOWN"],
		["rubbish", "\u0000,\u00ff;;;", null, "MALFORMED"],
	];
	for (const [name, line, id, code] of refused) {
		it(`error: ${name}`, () => {
			const result = replayed(line);
			expect(result.rejects).to.deep.equal([[id, code]]);
			expect([result.bids, result.asks]).to.deep.equal([[], []]);
		});
	}

	it("takes an id once for good", () => {
		const line = "place,7,0,sell,limit,gtc,100,5,1,0";
		expect(replayed(line, "cancel,7", line).rejects).to.deep.equal([[7, "DUPLICATE_SEQUENCE"]]);
	});

	it("invariant: how the bytes are cut into chunks changes nothing", () => {
		const text = `\uFEFF${HEADER.replace("\n", "\r\n")}place,1,0,SELL,Limit,GTC,100,50,MEA,true\r\n\r\n place , 2 ,0,buy,limit,fok,100,50,C1,0`;
		const whole = new CommandReplay();
		whole.push(new TextEncoder().encode(text));
		whole.end();
		const pieces = new CommandReplay();
		for (const byte of new TextEncoder().encode(text)) pieces.push(Uint8Array.of(byte));
		pieces.end();
		expect([...whole.trades.jsonPieces()].join("")).to.equal("[2,1,100,50]");
		expect([...pieces.trades.jsonPieces()].join("")).to.equal("[2,1,100,50]");
		expect(pieces.stateHash()).to.equal(whole.stateHash());
	});

	it("finds the columns by name and refuses a file without them", () => {
		const replay = new CommandReplay();
		replay.push(new TextEncoder().encode("price,note,orderId,quantityWh,side,op\n100,hello,1,5,buy,place\n"));
		replay.end();
		expect(replay.depth().bids).to.deep.equal([[100, 5]]);
		expect(() => new CommandReplay().push(new TextEncoder().encode("a,b\n"))).to.throw(/first line/);
		expect(() => new CommandReplay().end()).to.throw(/empty/);
	});

	it("reads adders as matrix and as lines", () => {
		expect(parseAdders("[[0,3],[4]]").slice(0, 17)).to.deep.equal([0, 3, ...new Array(14).fill(0), 4]);
		expect(parseAdders("sellZone,buyZone,adder\n1,2,3\n")).to.deep.equal(parseAdders("[[0,3]]"));
		expect(() => parseAdders("sellZone,buyZone,adder\n1,17,3\n")).to.throw(/adder of zones/);
	});
});

function replayed(...lines: string[]) {
	const replay = new CommandReplay();
	replay.push(new TextEncoder().encode(HEADER + lines.join("\n")));
	replay.end();
	return { trades: [...replay.trades.jsonPieces()].join(""), rejects: replay.rejects, ...replay.depth() };
}
