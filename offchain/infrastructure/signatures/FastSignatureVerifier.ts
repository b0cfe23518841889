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
import { readingsDigest } from "../../domain/settlement/readingsTypedData.ts";
import { bytesHex, domainSeparator, hexBytes } from "../../domain/signing/eip712.ts";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { fastKeccak256 } from "./fastKeccak256.ts";
import { parseSignature } from "./parseSignature.ts";
import { fastestSecp256k1, publicKeyAddress, type Secp256k1 } from "./secp256k1.ts";

/**
 * Verifies on this thread: some 50 µs a signature with the native library. The chain is asked only for what the
 * signature alone does not settle: contract wallets and delegated keys.
 */
export class FastSignatureVerifier implements SignatureVerifier {
	private readonly separator: Uint8Array;
	private readonly wallets: WalletReader;
	private readonly secp256k1: Secp256k1;

	constructor(domain: OrderDomain, wallets: WalletReader, secp256k1: Secp256k1 = fastestSecp256k1) {
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

	readingsSigner(batch: AttestedReadings): Address | null {
		return this.recover(readingsDigest(batch, this.separator, fastKeccak256), hexBytes(batch.signature));
	}

	private async verify(
		account: Address,
		digest: Uint8Array,
		signature: Hex,
		windowId: WindowId,
	): Promise<SignatureVerdict> {
		const signer = this.recover(digest, hexBytes(signature));
		if (signer === account) return "VALID";
		if (await this.wallets.hasCode(account)) {
			const isGood = await this.wallets.isValidSignature(account, bytesHex(digest), signature);
			return isGood ? "VALID" : "SIGNATURE_INVALID";
		}
		if (signer === null) return "SIGNATURE_INVALID";
		return (await this.wallets.isDelegate(account, signer, windowId)) ? "VALID" : "SIGNER_NOT_AUTHORISED";
	}

	private recover(digest: Uint8Array, signature: Uint8Array): Address | null {
		const parsed = parseSignature(signature);
		if (parsed === null) return null;
		const publicKey = this.secp256k1.recover(digest, parsed.rs, parsed.recovery);
		return publicKey === null ? null : publicKeyAddress(publicKey);
	}
}
