import type { AttestedReadings } from "../application/ports/MeterReading.ts";
import {
	type CancelAllOrdersMessage,
	type CancelOrderMessage,
	cancelAllOrdersDigest,
	cancelOrderDigest,
} from "../domain/orders/cancelTypedData.ts";
import type { Order } from "../domain/orders/Order.ts";
import { orderDigest } from "../domain/orders/orderHash.ts";
import type { OrderDomain } from "../domain/orders/orderTypedData.ts";
import { packReadings, readingsHash } from "../domain/settlement/meterReadings.ts";
import { bytesHex, domainSeparator, hexBytes } from "../domain/signing/eip712.ts";
import type { Address, Hex } from "../domain/units/Address.ts";
import { fastKeccak256 } from "../infrastructure/signatures/fastKeccak256.ts";
import { compactSignature } from "../infrastructure/signatures/parseSignature.ts";
import { fastestSecp256k1, publicKeyAddress } from "../infrastructure/signatures/secp256k1.ts";
import type { OrderSigner } from "./OrderSigner.ts";

/** Signs with a private key held in memory, some 40 µs an order with the native library. Signatures are ERC-2098. */
export class LocalKeySigner implements OrderSigner {
	readonly address: Address;
	private readonly privateKey: Uint8Array;
	private separator: { domain: OrderDomain; bytes: Uint8Array } | null = null;

	/** Throws unless `privateKey` is 32 bytes of hex. The message never contains the key. */
	constructor(privateKey: Hex) {
		if (!/^0x[0-9a-fA-F]{64}$/.test(privateKey)) throw new RangeError("a private key is 0x and 64 hex digits");
		this.privateKey = hexBytes(privateKey);
		this.address = publicKeyAddress(fastestSecp256k1.publicKey(this.privateKey));
	}

	async signOrder(order: Order, domain: OrderDomain): Promise<Hex> {
		return this.sign(orderDigest(order, this.separatorOf(domain), fastKeccak256));
	}

	async signCancelOrder(message: CancelOrderMessage, domain: OrderDomain): Promise<Hex> {
		return this.sign(cancelOrderDigest(message, this.separatorOf(domain), fastKeccak256));
	}

	async signCancelAllOrders(message: CancelAllOrdersMessage, domain: OrderDomain): Promise<Hex> {
		return this.sign(cancelAllOrdersDigest(message, this.separatorOf(domain), fastKeccak256));
	}

	/** For attesters. */
	async signReadings(batch: Omit<AttestedReadings, "signature">, domain: OrderDomain): Promise<Hex> {
		return this.sign(hexBytes(readingsHash(domain, batch.windowId, batch.licensee, packReadings(batch.readings))));
	}

	private sign(digest: Uint8Array): Hex {
		const { signature, recovery } = fastestSecp256k1.sign(digest, this.privateKey);
		return bytesHex(compactSignature(signature, recovery));
	}

	private separatorOf(domain: OrderDomain): Uint8Array {
		if (this.separator?.domain !== domain) this.separator = { domain, bytes: domainSeparator(domain) };
		return this.separator.bytes;
	}
}
