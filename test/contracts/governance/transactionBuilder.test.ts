import { expect } from "chai";
import { keccak256, stringToBytes } from "viem";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import {
	type TransactionBuilderBatch,
	transactionBuilderBatch,
	transactionBuilderChecksum,
} from "../../../offchain/infrastructure/chain/safeTransaction.ts";
import { approvedBy } from "../fixtures/approvedBy.ts";
import { directive } from "../fixtures/directive.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { AUTHORITY_OWNERS, EPOCH_SECONDS, OPERATOR } from "../fixtures/Venue.ts";

const WINDOW = windowAt(EPOCH_SECONDS);

/** A batch that Safe's own web application wrote in 2023 (BIP-434 of github.com/BalancerMaxis/multisig-ops). */
const WRITTEN_BY_SAFE = {
	version: "1.0",
	chainId: "1",
	createdAt: 1_695_230_035_540,
	meta: {
		name: "Transactions Batch",
		description: "",
		txBuilderVersion: "1.16.2",
		createdFromSafeAddress: "0xc38c5f97B34E175FFd35407fc91a937300E33860",
		createdFromOwnerAddress: "",
		checksum: "0x94e12acdc67503083ab1d7f08b9700b869456d5408ca859c46ce35cd9e95d908",
	},
	transactions: [
		{
			to: "0x5DbAd78818D4c8958EfF2d5b95b28385A22113Cd",
			value: "0",
			data: null,
			contractMethod: {
				inputs: [
					{ name: "gauge", type: "address", internalType: "address" },
					{ name: "gaugeType", type: "string", internalType: "string" },
				],
				name: "addGauge",
				payable: false,
			},
			contractInputsValues: { gauge: "0xa8Bb331a84032b156E5c670152A5Bd48f5DeC784", gaugeType: "Arbitrum" },
		},
	],
};

describe("A1 export to Safe's Transaction Builder", () => {
	const venue = useVenue(async () => ({}));
	const exported = (createdAtMillis = EPOCH_SECONDS * 1000): TransactionBuilderBatch => {
		const { deployment, calls } = venue();
		return transactionBuilderBatch({
			chainId: deployment.chainId,
			safe: deployment.safes.EGAT,
			name: "Halt zone 4",
			description: 'EGAT order "1/2570", ภาคเหนือ',
			calls: [
				calls.setDirective(directive("EGAT", "HALT", 4, WINDOW + 1)),
				calls.setAttester("EGAT", OPERATOR.address, true),
			],
			createdAtMillis,
		});
	};

	it("the checksum of a file Safe's application wrote is the one it wrote", () => {
		const { checksum } = WRITTEN_BY_SAFE.meta;
		expect(transactionBuilderChecksum(WRITTEN_BY_SAFE as unknown as TransactionBuilderBatch)).to.equal(checksum);
	});

	it("default: an exported batch carries the checksum of its own serialisation, spelt out", () => {
		const batch = exported();
		const [first, second] = batch.transactions.map(
			({ to, data }) =>
				`{["contractInputsValues","contractMethod","data","to","value"]null,null,"${data}","${to}","0",}`,
		);
		const spelt =
			'{["chainId","createdAt","meta","transactions","version"]' +
			`"${venue().deployment.chainId}",${EPOCH_SECONDS * 1000},` +
			'{["createdFromOwnerAddress","createdFromSafeAddress","description","name","txBuilderVersion"]' +
			`"","${venue().deployment.safes.EGAT}","EGAT order \\"1/2570\\", ภาคเหนือ",null,"1.17.1",},` +
			`[${first},${second}],"1.0",}`;
		expect(batch.meta.checksum).to.equal(keccak256(stringToBytes(spelt)));
	});

	it("behavior: survives being written and read; the same calls give the same file", () => {
		const batch = exported();
		expect(transactionBuilderChecksum(JSON.parse(JSON.stringify(batch)))).to.equal(batch.meta.checksum);
		expect(exported()).to.deep.equal(batch);
		expect(exported(1).meta.checksum).to.not.equal(batch.meta.checksum);
	});

	it("error: a file altered on its way no longer matches", () => {
		const batch = exported();
		const altered = structuredClone(batch);
		(altered.transactions[0] as { to: string }).to = OPERATOR.address;
		expect(transactionBuilderChecksum(altered)).to.not.equal(batch.meta.checksum);
	});

	it("behavior: what the file says, the real Safe executes", async () => {
		const [, attester] = exported().transactions;
		if (attester === undefined) throw new Error("two calls were exported");
		const transaction = await venue().safeTransaction("EGAT", attester);
		await venue().send(approvedBy(transaction, AUTHORITY_OWNERS.EGAT.slice(1)), OPERATOR);
		expect(await venue().read("MeterRegistry", "attesterLicensee", [OPERATOR.address])).to.equal(1);
	});
});
