import { createPublicClient, http, maxUint256, type PublicClient } from "viem";
import type { Payment, PaymentEnd, PayoutChain } from "../../application/ports/Payouts.ts";
import { type ContractCalls, contractCalls } from "../chain/contractCalls.ts";
import type { Deployment } from "../chain/Deployment.ts";
import { tokenAbi } from "../chain/protocolAbi.ts";
import type { TransactionSender } from "./TransactionSender.ts";

/** Payments as `depositFor` of the vault, from the tokens of the sender's key; its allowance is given when it runs short. */
export class VaultPayouts implements PayoutChain {
	private readonly client: PublicClient;
	private readonly calls: ContractCalls;
	private readonly deployment: Deployment;
	private readonly sender: TransactionSender;

	constructor(options: { rpcUrl: string; deployment: Deployment; sender: TransactionSender }) {
		this.client = createPublicClient({ transport: http(options.rpcUrl, { timeout: 15_000 }), cacheTime: 0 });
		this.deployment = options.deployment;
		this.calls = contractCalls(options.deployment);
		this.sender = options.sender;
	}

	async pay({ paymentId, account, amountSat }: Payment): Promise<PaymentEnd> {
		const { SatoshiToken, CollateralVault } = this.deployment.addresses;
		const allowanceSat = await this.client.readContract({
			address: SatoshiToken,
			abi: tokenAbi,
			functionName: "allowance",
			args: [this.sender.address, CollateralVault],
		});
		if (allowanceSat < BigInt(amountSat)) {
			// The vault takes only what its caller asks it to: no bound is needed.
			await this.sender.send({ requestKey: `payout-allowance-${paymentId}`, ...this.calls.approveVault(maxUint256) });
		}
		const call = this.calls.depositFor(account, BigInt(amountSat));
		const outcome = await this.sender.send({ requestKey: `payout-${paymentId}`, ...call });
		if (outcome.status === "refused") return outcome;
		if (outcome.status === "reverted") return { status: "refused", detail: `reverted (${outcome.transactionHash})` };
		return { status: "paid", transactionHash: outcome.transactionHash };
	}
}
