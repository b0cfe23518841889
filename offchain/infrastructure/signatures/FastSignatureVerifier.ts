import type { AttestedReadings } from "../../application/ports/MeterReading.ts";
import type { SignatureVerdict, SignatureVerifier, WalletReader } from "../../application/ports/SignatureVerifier.ts";
import {
	type CancelAllOrdersMessage,
	type CancelOrderMessage,
	cancelAllOrdersDigest,
	cancelOrderDigest,
} from "../../domain/orders/cancelTypedData.ts";
import type { Order } from "../../domain/orders/Order.ts";
import { orderDigest } from "../../domain/orders/orderHash.ts";
import type { OrderDomain } from "../../domain/orders/orderTypedData.ts";
import { packReadings, readingsHash } from "../../domain/settlement/meterReadings.ts";
import { bytesHex, domainSeparator, hexBytes } from "../../domain/signing/eip712.ts";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { fastKeccak256 } from "./fastKeccak256.ts";
import { compactSignature, type ParsedSignature, parseSignature } from "./parseSignature.ts";
import { fastestSecp256k1, publicKeyAddress, type Secp256k1 } from "./secp256k1.ts";

/**
 * Verifies on this thread: some 50 µs a signature with the native library. The chain is asked only for what the
 * signature alone does not settle: contract wallets and delegated keys.
 */
export class FastSignatureVerifier implements SignatureVerifier {
	private readonly domain: OrderDomain;
	private readonly separator: Uint8Array;
	private readonly wallets: WalletReader;
	private readonly secp256k1: Secp256k1;

	constructor(domain: OrderDomain, wallets: WalletReader, secp256k1: Secp256k1 = fastestSecp256k1) {
		this.domain = domain;
		this.separator = domainSeparator(domain);
		this.wallets = wallets;
		this.secp256k1 = secp256k1;
	}

	orderHash(order: Order): Hash32 {
		return bytesHex(orderDigest(order, this.separator, fastKeccak256));
	}

	verifyOrder(order: Order, signature: Hex): Promise<SignatureVerdict> {
		const digest = orderDigest(order, this.separator, fastKeccak256);
		return this.verify(order.trader, digest, signature, order.windowId);
	}

	verifyCancel(message: CancelOrderMessage, signature: Hex): Promise<SignatureVerdict> {
		return this.verify(message.account, cancelOrderDigest(message, this.separator, fastKeccak256), signature, 0);
	}

	verifyCancelAll(message: CancelAllOrdersMessage, signature: Hex): Promise<SignatureVerdict> {
		const digest = cancelAllOrdersDigest(message, this.separator, fastKeccak256);
		return this.verify(message.account, digest, signature, message.windowId);
	}

	readingsSigner({ windowId, licensee, readings, signature }: AttestedReadings): Address | null {
		const digest = readingsHash(this.domain, windowId, licensee, packReadings(readings));
		return this.recover(hexBytes(digest), parseSignature(hexBytes(signature)));
	}

	private async verify(
		account: Address,
		digest: Uint8Array,
		signature: Hex,
		windowId: WindowId,
	): Promise<SignatureVerdict> {
		const bytes = hexBytes(signature);
		const parsed = parseSignature(bytes);
		const signer = this.recover(digest, parsed);
		if (parsed !== null && signer === account) return compact(parsed);
		if (bytes.length !== KEY_SIGNATURE_BYTES && (await this.wallets.hasCode(account))) {
			const isGood = await this.wallets.isValidSignature(account, bytesHex(digest), signature);
			if (isGood) return { verdict: "VALID", signature };
		}
		if (parsed === null || signer === null) return { verdict: "SIGNATURE_INVALID" };
		const isDelegate = await this.wallets.isDelegate(account, signer, windowId);
		return isDelegate ? compact(parsed) : { verdict: "SIGNER_NOT_AUTHORISED" };
	}

	private recover(digest: Uint8Array, parsed: ParsedSignature | null): Address | null {
		if (parsed === null) return null;
		const publicKey = this.secp256k1.recover(digest, parsed.rs, parsed.recovery);
		return publicKey === null ? null : publicKeyAddress(publicKey);
	}
}

/** What the chain takes for the signature of a key. */
const KEY_SIGNATURE_BYTES = 64;

function compact({ rs, recovery }: ParsedSignature): SignatureVerdict {
	return { verdict: "VALID", signature: bytesHex(compactSignature(rs, recovery)) };
}
