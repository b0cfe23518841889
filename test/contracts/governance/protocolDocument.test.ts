import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ORDER_TYPES } from "../../../offchain/domain/orders/orderTypedData.ts";
import { SETTLEMENT_CODES } from "../../../offchain/domain/settlement/settlementCode.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const PROTOCOL = read("docs/PROTOCOL.md");

/** Packed words by the file they are compiled from, in its order. */
const PACKED: Record<string, string[]> = {
	AccountWord: ["account"],
	TradingWord: ["account, first slot", "account, second slot"],
	AccruedWord: ["accrued charges"],
	MeterWord: ["meter"],
	WindowWord: ["window"],
	RulesWord: ["rules"],
	ZoneRule: ["zone rule"],
	CertificateId: ["certificate id"],
};

/** Rows of tables with a cell of bits, from the first cell or the second on. */
function bitRows(text: string): string[][] {
	return text
		.split("\n")
		.filter((line) => /^\|([^|]*\|)?\s*\d+(–\d+)?\s*\|\s*[A-Za-z|]/.test(line))
		.map((line) =>
			line
				.split("|")
				.slice(1, -1)
				.map((cell) => cell.trim()),
		);
}

/** Rows "| offset | bytes | field" of a table, whatever stands before the offset. */
function layout(text: string): string[] {
	return [...text.matchAll(/\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\w+|bits? \d[^,|:]*)/g)].map(
		([, offset, bytes, field]) => `${offset}+${bytes} ${field}`,
	);
}

describe("C8 docs/PROTOCOL.md says what is compiled", () => {
	it("the signed types", () => {
		const fields = ORDER_TYPES.Order.map(({ type, name }) => `${type} ${name}`).join(",");
		const settlement = read("contracts/WindowSettlement.sol");
		const vault = read("contracts/CollateralVault.sol");
		for (const [type, source] of [
			[`Order(${fields})`, settlement],
			["MeterReadings(uint32 windowId,uint8 licensee,bytes readings)", settlement],
			["Withdrawal(address account,uint256 amountSat,uint256 nonce,uint256 deadlineSeconds)", vault],
		] as const) {
			expect(PROTOCOL).to.contain(`\`${type}\``);
			expect(source).to.contain(`"${type}"`);
		}
	});

	it("the chunk, byte by byte, as the library has it", () => {
		const section = PROTOCOL.split("## 2.")[1]?.split("## 3.")[0] ?? "";
		const library = read("contracts/libraries/ChunkLayout.sol").split("Order state (memory only)")[0] ?? "";
		const documented = layout(section);
		expect(documented.length).to.be.above(20);
		expect(documented.map(plain)).to.deep.equal(layout(library).map(plain));
	});

	for (const [type, words] of Object.entries(PACKED)) {
		it(`the bits of ${words.join(" and ")}, as ${type} has them`, () => {
			const documented = bitRows(PROTOCOL);
			const compiled = bitRows(read(`contracts/types/${type}.sol`).replaceAll(/^\/\/\/ /gm, ""));
			expect(compiled.length).to.be.above(4);
			const ofWords = documented.filter(([word]) => words.includes(word as string)).map((row) => row.slice(1, 3));
			const fields = compiled.map(([bits, ...cells]) => [bits, cells[type === "WindowWord" ? 1 : 0]]);
			expect(ofWords).to.deep.equal(fields);
		});
	}

	it("where the vault keeps an account's first slot", () => {
		const list = read("offchain/infrastructure/chain/settlementAccessList.ts");
		expect(PROTOCOL).to.contain(`abi.encode(account, ${list.match(/TRADING_SLOT = (\d+)n/)?.[1]})`);
	});

	it("every settlement code", () => {
		const section = PROTOCOL.split("Codes:")[1]?.split("## 4.")[0] ?? "";
		const numbers = [...section.matchAll(/(?:^|[\s,.:])(\d+) [a-z]/g)].map(([, number]) => Number(number));
		expect(numbers).to.include.members(Object.values(SETTLEMENT_CODES));
	});
});

/** Signature rows are worded differently on both sides; offset and length are what counts. */
function plain(row: string): string {
	return row.startsWith("27+") ? "27+64" : row;
}
