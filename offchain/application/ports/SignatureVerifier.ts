import type { Order } from "../../domain/orders/Order.ts";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";
import type { UnixSeconds, WindowId } from "../../domain/units/window.ts";
import type { AttestedReadings } from "./MeterReading.ts";

/** A trader's signed wish to cancel: one order (`orderHash`), one window or everything (`CancelAll`). */
export type CancelMessage = { account: Address; orderHash: Hash32 };
/** `windowId` 0 means every window. `deadlineSeconds` bounds how long the message can be used again. */
export type CancelAllMessage = { account: Address; windowId: WindowId; deadlineSeconds: UnixSeconds };

/**
 * Tells whether a signature is the account's. Externally owned accounts sign 64 (ERC-2098) or 65 bytes with low s;
 * any other length, or an account with code, is asked through ERC-1271.
 */
export interface SignatureVerifier {
	orderHash(order: Order): Hash32;
	verifyOrder(order: Order, signature: Hex): Promise<boolean>;
	verifyCancel(message: CancelMessage, signature: Hex): Promise<boolean>;
	verifyCancelAll(message: CancelAllMessage, signature: Hex): Promise<boolean>;
	/** The account that signed the readings, null for an impossible signature. */
	readingsSigner(readings: AttestedReadings): Hex | null;
}

/** Reads a contract wallet's verdict from the chain (ERC-1271), with bounded gas and time. */
export interface ContractWalletReader {
	isValidSignature(wallet: Address, hash: Hash32, signature: Hex): Promise<boolean>;
}
