import { expect } from "chai";
import fc from "fast-check";
import { hashTypedData, serializeSignature, parseSignature as viemParse } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { WalletReader } from "../../../../offchain/application/ports/SignatureVerifier.ts";
import { LocalKeySigner } from "../../../../offchain/client/LocalKeySigner.ts";
import { CANCEL_TYPES } from "../../../../offchain/domain/orders/cancelTypedData.ts";
import { ORDER_TYPES, orderDomain, orderMessage } from "../../../../offchain/domain/orders/orderTypedData.ts";
import { packReadings, READINGS_TYPES } from "../../../../offchain/domain/settlement/meterReadings.ts";
import { bytesHex, hexBytes } from "../../../../offchain/domain/signing/eip712.ts";
import type { Address, Hex } from "../../../../offchain/domain/units/Address.ts";
import { FastSignatureVerifier } from "../../../../offchain/infrastructure/signatures/FastSignatureVerifier.ts";
import { parseSignature } from "../../../../offchain/infrastructure/signatures/parseSignature.ts";
import { nativeSecp256k1, nobleSecp256k1 } from "../../../../offchain/infrastructure/signatures/secp256k1.ts";
import { arbitraryOrder } from "./arbitraryOrder.ts";

const domain = orderDomain(31_337, `0x${"5e".repeat(20)}`);
const viemDomain = { ...domain };
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A chain on which nothing has code and nobody delegates, unless told. */
function walletReader(overrides: Partial<WalletReader> = {}): WalletReader {
	return {
		hasCode: async () => false,
		isValidSignature: async () => false,
		isDelegate: async () => false,
		...overrides,
	};
}

describe("O4 signatures: FastSignatureVerifier", () => {
	const key = generatePrivateKey();
	const account = privateKeyToAccount(key);
	const signer = new LocalKeySigner(key);
	const verifier = new FastSignatureVerifier(domain, walletReader());

	it("invariant: the order hash is viem's, for random orders", () => {
		fc.assert(
			fc.property(arbitraryOrder, (order) => {
				const expected = hashTypedData({
					domain: viemDomain,
					types: ORDER_TYPES,
					primaryType: "Order",
					message: orderMessage(order),
				});
				expect(verifier.orderHash(order)).to.equal(expected);
			}),
			{ numRuns: 300 },
		);
	});

	it("invariant: accepts what viem signs, as 65 bytes and as ERC-2098", async () => {
		await fc.assert(
			fc.asyncProperty(arbitraryOrder, async (random) => {
				const order = { ...random, trader: account.address.toLowerCase() as Address };
				const signature = await account.signTypedData({
					domain: viemDomain,
					types: ORDER_TYPES,
					primaryType: "Order",
					message: orderMessage(order),
				});
				expect((await verifier.verifyOrder(order, signature)).verdict).to.equal("VALID");
				const compact = await signer.signOrder(order, domain);
				expect(compact).to.have.length(130);
				expect(await verifier.verifyOrder(order, compact)).to.deep.equal({ verdict: "VALID", signature: compact });
				expect(await verifier.verifyOrder(order, signature)).to.deep.equal({ verdict: "VALID", signature: compact });
			}),
			{ numRuns: 40 },
		);
	});

	it("invariant: any changed field, and any flipped bit of the signature, is refused", async () => {
		await fc.assert(
			fc.asyncProperty(arbitraryOrder, arbitraryOrder, fc.integer({ min: 0, max: 511 }), async (random, other, bit) => {
				const order = { ...random, trader: signer.address };
				const signature = await signer.signOrder(order, domain);
				const forged = { ...other, trader: signer.address };
				if (verifier.orderHash(forged) !== verifier.orderHash(order)) {
					expect((await verifier.verifyOrder(forged, signature)).verdict).to.not.equal("VALID");
				}
				const bytes = hexBytes(signature);
				bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
				expect((await verifier.verifyOrder(order, bytesHex(bytes))).verdict).to.not.equal("VALID");
			}),
			{ numRuns: 60 },
		);
	});

	it("error: a signature for another chain or another contract is refused", async () => {
		const [order] = fc.sample(arbitraryOrder, 1).map((random) => ({ ...random, trader: signer.address }));
		if (order === undefined) throw new Error("no sample");
		const elsewhere = orderDomain(1, domain.verifyingContract);
		const otherContract = orderDomain(31_337, `0x${"5f".repeat(20)}`);
		expect((await verifier.verifyOrder(order, await signer.signOrder(order, elsewhere))).verdict).to.not.equal("VALID");
		expect((await verifier.verifyOrder(order, await signer.signOrder(order, otherContract))).verdict).to.not.equal(
			"VALID",
		);
	});

	it("error: the malleable twin with high s is refused", async () => {
		const [order] = fc.sample(arbitraryOrder, 1).map((random) => ({ ...random, trader: signer.address }));
		if (order === undefined) throw new Error("no sample");
		const good = await account.signTypedData({
			domain: viemDomain,
			types: ORDER_TYPES,
			primaryType: "Order",
			message: orderMessage(order),
		});
		const { r, s, yParity } = viemParse(good);
		const twin = serializeSignature({
			r,
			s: `0x${(N - BigInt(s)).toString(16).padStart(64, "0")}`,
			yParity: 1 - yParity,
		});
		expect((await verifier.verifyOrder(order, good)).verdict).to.equal("VALID");
		expect(parseSignature(hexBytes(twin))).to.equal(null);
		expect((await verifier.verifyOrder(order, twin)).verdict).to.equal("SIGNATURE_INVALID");
	});

	it("error: empty, short, long and all-zero signatures are refused, not thrown", async () => {
		const [order] = fc.sample(arbitraryOrder, 1);
		if (order === undefined) throw new Error("no sample");
		for (const length of [0, 1, 63, 64, 65, 66, 500]) {
			const { verdict } = await verifier.verifyOrder(order, `0x${"00".repeat(length)}`);
			expect(verdict, `${length} bytes`).to.equal("SIGNATURE_INVALID");
		}
		const allOnes: Hex = `0x${"ff".repeat(64)}`;
		expect((await verifier.verifyOrder(order, allOnes)).verdict).to.equal("SIGNATURE_INVALID");
	});

	it("behavior: a contract wallet answers for itself, whatever its signature looks like", async () => {
		const [order] = fc.sample(arbitraryOrder, 1);
		if (order === undefined) throw new Error("no sample");
		const asked: string[] = [];
		const wallets = walletReader({
			hasCode: async (address) => address === order.trader,
			isValidSignature: async (_wallet, hash, signature) => {
				asked.push(hash);
				return signature === "0xc0de";
			},
		});
		const withWallet = new FastSignatureVerifier(domain, wallets);
		expect((await withWallet.verifyOrder(order, "0xc0de")).verdict).to.equal("VALID");
		expect((await withWallet.verifyOrder(order, "0xdead")).verdict).to.equal("SIGNATURE_INVALID");
		expect(asked).to.deep.equal([verifier.orderHash(order), verifier.orderHash(order)]);
	});

	it("behavior: a device key counts only while it is delegated", async () => {
		const device = new LocalKeySigner(generatePrivateKey());
		const [order] = fc.sample(arbitraryOrder, 1).map((random) => ({ ...random, trader: signer.address }));
		if (order === undefined) throw new Error("no sample");
		const signature = await device.signOrder(order, domain);
		const delegating = walletReader({
			isDelegate: async (trader, key, windowId) =>
				trader === signer.address && key === device.address && windowId === order.windowId,
		});
		expect((await new FastSignatureVerifier(domain, delegating).verifyOrder(order, signature)).verdict).to.equal(
			"VALID",
		);
		expect((await verifier.verifyOrder(order, signature)).verdict).to.equal("SIGNER_NOT_AUTHORISED");
	});

	it("default: cancellations and readings hash as viem hashes them", async () => {
		const cancel = { account: signer.address, orderHash: `0x${"ab".repeat(32)}` as Hex };
		const viemCancel = await account.signTypedData({
			domain: viemDomain,
			types: CANCEL_TYPES,
			primaryType: "CancelOrder",
			message: cancel,
		});
		expect((await verifier.verifyCancel(cancel, viemCancel)).verdict).to.equal("VALID");
		const all = { account: signer.address, windowId: 2_000_000, deadlineSeconds: 1_790_000_000 };
		const viemAll = await account.signTypedData({
			domain: viemDomain,
			types: CANCEL_TYPES,
			primaryType: "CancelAllOrders",
			message: all,
		});
		expect((await verifier.verifyCancelAll(all, viemAll)).verdict).to.equal("VALID");
		const readings = [
			{ windowId: 2_000_000, meterId: 3, exportedWh: 1200 },
			{ windowId: 2_000_000, meterId: 900, exportedWh: 0 },
		];
		const batch = { windowId: 2_000_000, licensee: "PEA" as const, readings };
		const viemReadings = await account.signTypedData({
			domain: viemDomain,
			types: READINGS_TYPES,
			primaryType: "MeterReadings",
			message: { windowId: batch.windowId, licensee: 3, readings: packReadings(readings) },
		});
		expect(verifier.readingsSigner({ ...batch, signature: viemReadings })).to.equal(signer.address);
		const own = await signer.signReadings(batch, domain);
		expect(verifier.readingsSigner({ ...batch, signature: own })).to.equal(signer.address);
	});

	it("invariant: native and JavaScript secp256k1 agree", function () {
		if (nativeSecp256k1 === null) return this.skip();
		const native = nativeSecp256k1;
		fc.assert(
			fc.property(
				fc.uint8Array({ minLength: 32, maxLength: 32 }),
				fc.uint8Array({ minLength: 64, maxLength: 64 }),
				fc.constantFrom(0 as const, 1 as const),
				(digest, signature, recovery) => {
					expect(native.recover(digest, signature, recovery)).to.deep.equal(
						nobleSecp256k1.recover(digest, signature, recovery),
					);
				},
			),
			{ numRuns: 100 },
		);
		const privateKey = hexBytes(key);
		const digest = new Uint8Array(32).fill(7);
		expect(native.publicKey(privateKey)).to.deep.equal(nobleSecp256k1.publicKey(privateKey));
		expect(native.sign(digest, privateKey)).to.deep.equal(nobleSecp256k1.sign(digest, privateKey));
	});
});
