import type { CancelAllOrdersMessage, CancelOrderMessage } from "../../domain/orders/cancelTypedData.ts";
import type { Order } from "../../domain/orders/Order.ts";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { AttestedReadings } from "./MeterReading.ts";

/** A good signature comes back in the form the settlement contract takes: 64 bytes for a key, as it is for a contract wallet. */
export type SignatureVerdict =
	| { verdict: "VALID"; signature: Hex }
	| { verdict: "SIGNATURE_INVALID" | "SIGNER_NOT_AUTHORISED" };

/**
 * Tells whether a signature binds the account. Accounts with a key sign 64 (ERC-2098) or 65 bytes with low s, by
 * themselves or through a device key delegated on chain; accounts with code answer for themselves (ERC-1271) to anything
 * that is not 64 bytes, since the chain takes 64 bytes for a key's. What is accepted here is accepted at settlement.
 */
export interface SignatureVerifier {
	orderHash(order: Order): Hash32;
	verifyOrder(order: Order, signature: Hex): Promise<SignatureVerdict>;
	verifyCancel(message: CancelOrderMessage, signature: Hex): Promise<SignatureVerdict>;
	verifyCancelAll(message: CancelAllOrdersMessage, signature: Hex): Promise<SignatureVerdict>;
	/** The account that signed the readings; null for a signature no key can have made. */
	readingsSigner(batch: AttestedReadings): Address | null;
}

/** What only the chain knows about an account's signatures. */
export interface WalletReader {
	hasCode(account: Address): Promise<boolean>;
	/** ERC-1271, with bounded gas; false when the call fails. */
	isValidSignature(wallet: Address, hash: Hash32, signature: Hex): Promise<boolean>;
	/** Whether `device` may sign the account's orders of this window. */
	isDelegate(account: Address, device: Address, windowId: WindowId): Promise<boolean>;
}
