import type { Address, Hash32 } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** What an account holds of one certificate token: one unit is one Wh of one device in one window. */
export type CertificateRecord = {
	/** Decimal string: token ids are 256 bits. */
	tokenId: string;
	account: Address;
	windowId: WindowId;
	meterId: number;
	zoneId: number;
	source: string;
	heldWh: number;
	claimedWh: number;
	issuedTransactionHash: Hash32;
};

/** Certificates as final on the chain; newest window first. */
export interface CertificateRepository {
	find(query: { account?: Address; windowId?: WindowId; limit: number }): Promise<CertificateRecord[]>;
}
