import type { PublicClient, WalletClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { DIRECTIVE_KINDS } from "../../domain/engine/EngineInput.ts";
import type { Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { contractCalls, type DirectiveOrder } from "../../infrastructure/chain/contractCalls.ts";
import type { Deployment, SafeName } from "../../infrastructure/chain/Deployment.ts";
import { directivesAbi } from "../../infrastructure/chain/protocolAbi.ts";
import {
	execTransaction,
	type SafeTransaction,
	safeAbi,
	safeTypedData,
} from "../../infrastructure/chain/safeTransaction.ts";
import type { StandingDirective } from "../market/explainRejection.ts";
import type { DirectiveDesk } from "./AuthoritySimulator.ts";

export type SafeDeskOptions = {
	deployment: Deployment;
	authority: SafeName;
	/** Keys of the owners on duty; as many as the Safe's threshold asks for. */
	ownerKeys: readonly Hex[];
	publicClient: PublicClient;
	/** Pays for the transaction; needs no power of its own. */
	walletClient: WalletClient;
};

const RECEIPT_POLLING_MILLIS = 100;
/** Directives read back from the chain, newest first; far more than can cover one window. */
const MAX_DIRECTIVES_READ = 64;

/** An authority's multisig: each owner on duty signs the typed call, anybody sends it. */
export class SafeDesk implements DirectiveDesk {
	readonly #options: SafeDeskOptions;

	constructor(options: SafeDeskOptions) {
		this.#options = options;
	}

	/** Throws when the Safe or the directive table refuses: an authority has to know. */
	async execute(order: DirectiveOrder): Promise<{ transactionHash: Hash32 }> {
		const { deployment, authority, publicClient, walletClient } = this.#options;
		if (order.authority !== authority) throw new Error(`${authority} cannot act for ${order.authority}`);
		const account = walletClient.account;
		if (account === undefined) throw new Error("the wallet client needs an account");
		const safe = deployment.safes[authority];
		const nonce = await publicClient.readContract({ address: safe, abi: safeAbi, functionName: "nonce" });
		const call = contractCalls(deployment).setDirective(order);
		const transaction: SafeTransaction = { chainId: deployment.chainId, safe, ...call, nonce };
		const approvals = await Promise.all(this.#options.ownerKeys.map((key) => approve(transaction, key)));
		const hash = await walletClient.sendTransaction({
			...execTransaction(transaction, approvals),
			account,
			chain: walletClient.chain ?? null,
		});
		const receipt = await publicClient.waitForTransactionReceipt({ hash, pollingInterval: RECEIPT_POLLING_MILLIS });
		if (receipt.status !== "success") throw new Error(`${authority}'s Safe refused the directive (${hash})`);
		return { transactionHash: hash };
	}

	async directivesFor(windowId: WindowId): Promise<readonly StandingDirective[]> {
		const count = await this.#options.publicClient.readContract({
			address: this.#options.deployment.addresses.GridDirectives,
			abi: directivesAbi,
			functionName: "directiveCount",
		});
		const oldest = Math.max(1, count - MAX_DIRECTIVES_READ + 1);
		const ids = Array.from({ length: count - oldest + 1 }, (_, index) => oldest + index);
		const directives = await Promise.all(ids.map((id) => this.#directive(id)));
		return directives.filter(({ fromWindow, toWindow }) => fromWindow <= windowId && windowId <= toWindow);
	}

	async #directive(directiveId: number): Promise<StandingDirective> {
		const { publicClient, deployment } = this.#options;
		const { kind, zoneId, fromWindow, toWindow } = await publicClient.readContract({
			address: deployment.addresses.GridDirectives,
			abi: directivesAbi,
			functionName: "directive",
			args: [directiveId],
		});
		return { kind: DIRECTIVE_KINDS[kind] ?? "none", zoneId, fromWindow, toWindow };
	}
}

async function approve(transaction: SafeTransaction, privateKey: Hex) {
	const owner = privateKeyToAccount(privateKey);
	return { owner: owner.address, signature: await owner.signTypedData(safeTypedData(transaction)) };
}
