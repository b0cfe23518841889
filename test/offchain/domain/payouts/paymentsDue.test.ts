import { expect } from "chai";
import { paymentsDue } from "../../../../offchain/domain/payouts/paymentsDue.ts";

const account = `0x${"ab".repeat(20)}` as const;

describe("G7 payments of what is owed outside of trades", () => {
	it("default: whole satoshi from the least payment on; the rest stays owed", () => {
		expect(paymentsDue([{ account, owedMsat: 100_999 }], 100)).to.deep.equal([{ account, amountSat: 100 }]);
		expect(paymentsDue([{ account, owedMsat: 99_999 }], 100)).to.deep.equal([]);
		expect(paymentsDue([{ account, owedMsat: 999 }], 0)).to.deep.equal([]);
	});

	it("invariant: more paid than owed stops everything", () => {
		expect(() => paymentsDue([{ account, owedMsat: -1 }], 1)).to.throw(/was paid more than it was owed/);
	});
});
