import { bytesToHex, type PublicClient, parseAbi } from "viem";
import type { AttesterDirectory } from "../../application/ports/AttesterDirectory.ts";
import type { Licensee } from "../../domain/grid/zones.ts";
import { LICENSEE_NUMBERS } from "../../domain/settlement/meterReadings.ts";
import type { Address } from "../../domain/units/Address.ts";
import { ExpiringCache } from "./ExpiringCache.ts";

const ABI = parseAbi([
	"function attesterLicensee(address attester) view returns (uint8)",
	"function meterWords(bytes meterIds) view returns (uint256[] words)",
]);
const CACHED_METERS = 1_000_000;
const ATTESTER_LIFE_MILLIS = 10_000;
/** A meter never changes zone; one not yet registered is asked for again soon. */
const METER_LIFE_MILLIS = 3_600_000;
const UNKNOWN_METER_LIFE_MILLIS = 5_000;

/** Reads the meter registry on chain. */
export class ChainAttesterDirectory implements AttesterDirectory {
	private readonly chain: Pick<PublicClient, "readContract">;
	private readonly meterRegistry: Address;
	private readonly attesters = new ExpiringCache<Address, Licensee | null>(10_000);
	private readonly zones = new ExpiringCache<number, number | null>(CACHED_METERS);

	constructor(chain: Pick<PublicClient, "readContract">, meterRegistry: Address) {
		this.chain = chain;
		this.meterRegistry = meterRegistry;
	}

	async licenseeOfAttester(attester: Address): Promise<Licensee | null> {
		const known = this.attesters.get(attester);
		if (known !== undefined) return known;
		const number = await this.chain.readContract({
			address: this.meterRegistry,
			abi: ABI,
			functionName: "attesterLicensee",
			args: [attester],
		});
		const licensee = (Object.keys(LICENSEE_NUMBERS) as Licensee[]).find((name) => LICENSEE_NUMBERS[name] === number);
		this.attesters.set(attester, licensee ?? null, ATTESTER_LIFE_MILLIS);
		return licensee ?? null;
	}

	async zonesOf(meterIds: readonly number[]): Promise<(number | null)[]> {
		const unknown = meterIds.filter((meterId) => this.zones.get(meterId) === undefined);
		if (unknown.length > 0) await this.readZones(unknown);
		return meterIds.map((meterId) => this.zones.get(meterId) ?? null);
	}

	private async readZones(meterIds: readonly number[]): Promise<void> {
		const packed = new Uint8Array(meterIds.length * 4);
		const view = new DataView(packed.buffer);
		for (const [index, meterId] of meterIds.entries()) view.setUint32(index * 4, meterId);
		const words = await this.chain.readContract({
			address: this.meterRegistry,
			abi: ABI,
			functionName: "meterWords",
			args: [bytesToHex(packed)],
		});
		for (const [index, meterId] of meterIds.entries()) {
			const word = words[index] ?? 0n;
			const zone = word === 0n ? null : zoneOfWord(word);
			this.zones.set(meterId, zone, zone === null ? UNKNOWN_METER_LIFE_MILLIS : METER_LIFE_MILLIS);
		}
	}
}

/** Bits 160–167 of `MeterWord`. */
function zoneOfWord(word: bigint): number {
	return Number((word >> 160n) & 0xffn);
}
