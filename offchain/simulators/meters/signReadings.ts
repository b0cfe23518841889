import { bytesToHex, hashTypedData, serializeCompactSignature, signatureToCompactSignature } from "viem";
import { sign } from "viem/accounts";
import type { AttestedReadings } from "../../application/ports/MeterReading.ts";
import type { OrderDomain } from "../../domain/orders/orderTypedData.ts";
import { LICENSEE_NUMBERS, METER_READINGS_TYPES, packReadings } from "../../domain/settlement/readingsTypedData.ts";
import type { Hex } from "../../domain/units/Address.ts";

/** Signs a batch as the licensee's attester: EIP-712, 64 bytes (ERC-2098). Deterministic (RFC 6979). */
export async function signReadings(
	batch: Omit<AttestedReadings, "signature">,
	domain: OrderDomain,
	privateKey: Hex,
): Promise<AttestedReadings> {
	const hash = hashTypedData({
		domain,
		types: METER_READINGS_TYPES,
		primaryType: "MeterReadings",
		message: {
			windowId: batch.windowId,
			licensee: LICENSEE_NUMBERS[batch.licensee],
			readings: bytesToHex(packReadings(batch.readings)),
		},
	});
	const { r, s, yParity } = await sign({ hash, privateKey });
	const compact = signatureToCompactSignature({ r, s, yParity: yParity as number });
	return { ...batch, signature: serializeCompactSignature(compact) };
}
