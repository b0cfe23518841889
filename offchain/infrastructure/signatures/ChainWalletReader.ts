import { encodeFunctionData, type PublicClient, parseAbi } from "viem";
import type { WalletReader } from "../../application/ports/SignatureVerifier.ts";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { ExpiringCache } from "./ExpiringCache.ts";

const ABI = parseAbi([
	"function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)",
	"function isDelegate(address account, address device, uint32 windowId) view returns (bool)",
]);
const ERC1271_MAGIC = "0x1626ba7e";
/** What `WindowSettlement` gives a wallet, plus a call's base cost: a wallet that needs more would be skipped on chain. */
const ERC1271_GAS = 120_000n + 21_000n;
const CACHED_ACCOUNTS = 100_000;
/** Code appears but hardly ever goes; a fresh wallet is seen within this time. */
const NO_CODE_LIFE_MILLIS = 30_000;
const CODE_LIFE_MILLIS = 3_600_000;
const DELEGATE_LIFE_MILLIS = 10_000;

/** Asks the chain, and remembers the answer for a short while so that bad signatures cost it little. */
export class ChainWalletReader implements WalletReader {
	private readonly chain: Pick<PublicClient, "getCode" | "call" | "readContract">;
	private readonly meterRegistry: Address;
	private readonly code = new ExpiringCache<Address, boolean>(CACHED_ACCOUNTS);
	private readonly delegates = new ExpiringCache<string, boolean>(CACHED_ACCOUNTS);

	constructor(chain: Pick<PublicClient, "getCode" | "call" | "readContract">, meterRegistry: Address) {
		this.chain = chain;
		this.meterRegistry = meterRegistry;
	}

	async hasCode(account: Address): Promise<boolean> {
		const known = this.code.get(account);
		if (known !== undefined) return known;
		const code = await this.chain.getCode({ address: account });
		const hasCode = code !== undefined && code !== "0x";
		this.code.set(account, hasCode, hasCode ? CODE_LIFE_MILLIS : NO_CODE_LIFE_MILLIS);
		return hasCode;
	}

	async isValidSignature(wallet: Address, hash: Hash32, signature: Hex): Promise<boolean> {
		const data = encodeFunctionData({ abi: ABI, functionName: "isValidSignature", args: [hash, signature] });
		try {
			const { data: answer } = await this.chain.call({ to: wallet, data, gas: ERC1271_GAS });
			return answer?.length === 66 && answer.startsWith(ERC1271_MAGIC);
		} catch (error) {
			if (isRevert(error)) return false;
			throw error;
		}
	}

	async isDelegate(account: Address, device: Address, windowId: WindowId): Promise<boolean> {
		const key = `${account}:${device}:${windowId}`;
		const known = this.delegates.get(key);
		if (known !== undefined) return known;
		const isDelegate = await this.chain.readContract({
			address: this.meterRegistry,
			abi: ABI,
			functionName: "isDelegate",
			args: [account, device, windowId],
		});
		this.delegates.set(key, isDelegate, DELEGATE_LIFE_MILLIS);
		return isDelegate;
	}
}

/** A wallet that reverts says no; a chain that does not answer says nothing. */
function isRevert(error: unknown): boolean {
	const text = String((error as { details?: string; message?: string }).details ?? (error as Error).message);
	return /revert|out of gas|invalid opcode|stack/i.test(text);
}
