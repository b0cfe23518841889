/** Energy a meter injected into the network in one window, as its licensee's attester signs it. */
export type MeterReading = { windowId: number; meterId: number; exportedWh: number };

/** A signed batch: `signature` is EIP-712 over the packed readings under the settlement contract's domain. */
export type AttestedReadings = {
	windowId: number;
	/** The licensee whose attester signed; all meters belong to its zones. */
	licensee: "MEA" | "PEA" | "EGAT";
	readings: MeterReading[];
	signature: `0x${string}`;
};
