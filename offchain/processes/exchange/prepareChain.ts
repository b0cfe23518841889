import { createPublicClient, createTestClient, createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { UnixSeconds } from "../../domain/units/window.ts";
import { type ContractCall, contractCalls } from "../../infrastructure/chain/contractCalls.ts";
import type { Deployment } from "../../infrastructure/chain/Deployment.ts";
import { deploySystem } from "../../infrastructure/chain/deploySystem.ts";
import type { MarketRegistration } from "../../simulators/participants/marketRegistration.ts";
import { localKey } from "./localKeys.ts";
import { LOCAL_CHAIN_ID, localAddress, localDeployParameters } from "./localParameters.ts";

const LICENCE_SECONDS = 365 * 86_400;
const ENOUGH_WEI = 10n ** 24n;
const LICENCES_PER_CALL = 100;
const METERS_PER_CALL = 60;
const MAX_GAS = 16_000_000n;
const DEPOSIT_GAS = 200_000n;
const POLLING_MILLIS = 25;
/** What the venue has set aside to pay reserve and market makers from, satoshi. */
const PAYOUT_FUNDS_SAT = 100_000_000n;

export type PrepareChainOptions = {
	rpcUrl: string;
	nowSeconds: () => UnixSeconds;
	registration: MarketRegistration;
	progress: (line: string) => void;
};

/** Deploys the protocol with its Safes on a fresh local chain, and licenses, meters and funds the participants. */
export async function prepareChain(options: PrepareChainOptions): Promise<Deployment> {
	const { rpcUrl, registration, progress } = options;
	const transport = http(rpcUrl);
	const publicClient = createPublicClient({ transport, pollingInterval: POLLING_MILLIS, cacheTime: 0 });
	await fundRoles(rpcUrl);

	progress("deploying contracts and the authorities' Safes");
	const deployer = createWalletClient({ account: privateKeyToAccount(localKey("deployer")), transport });
	const deployment = await deploySystem({ publicClient, walletClient: deployer }, localDeployParameters());
	const calls = contractCalls(deployment);

	progress(`licensing ${registration.licences.length} participants, registering ${registration.meters.length} meters`);
	const validUntil = options.nowSeconds() + LICENCE_SECONDS;
	const licences = registration.licences.map((licence) => ({ ...licence, validUntil }));
	await sendAll(rpcUrl, "registrar", MAX_GAS, [
		...inParts(licences, LICENCES_PER_CALL).map(calls.licenseParticipants),
		...inParts(registration.meters, METERS_PER_CALL).map(calls.registerMeters),
	]);

	progress(`depositing for ${registration.deposits.length} accounts`);
	const totalSat = registration.deposits.reduce((sum, { amountSat }) => sum + BigInt(amountSat), 0n);
	await sendAll(rpcUrl, "treasury", DEPOSIT_GAS, [
		calls.mintTestTokens(localAddress("treasury"), totalSat),
		calls.mintTestTokens(localAddress("payouts"), PAYOUT_FUNDS_SAT),
		calls.approveVault(totalSat),
		...registration.deposits.map(({ account, amountSat }) => calls.depositFor(account, BigInt(amountSat))),
	]);
	return deployment;
}

/** Ether for gas, from nowhere: a power local chains have. */
async function fundRoles(rpcUrl: string): Promise<void> {
	const testClient = createTestClient({ mode: "anvil", transport: http(rpcUrl) });
	for (const role of ["deployer", "registrar", "treasury", "operator", "relayer", "payouts"]) {
		await testClient.setBalance({ address: localAddress(role), value: ENOUGH_WEI });
	}
}

/** Sends one role's calls back to back, without waiting in between, and checks that each succeeded. */
async function sendAll(rpcUrl: string, role: string, gas: bigint, calls: readonly ContractCall[]): Promise<void> {
	const transport = http(rpcUrl);
	const publicClient = createPublicClient({ transport, pollingInterval: POLLING_MILLIS, cacheTime: 0 });
	const account = privateKeyToAccount(localKey(role));
	let nonce = await publicClient.getTransactionCount({ address: account.address });
	const { maxFeePerGas, maxPriorityFeePerGas } = await publicClient.estimateFeesPerGas();
	const hashes: `0x${string}`[] = [];
	for (const call of calls) {
		const serializedTransaction = await account.signTransaction({
			...call,
			chainId: LOCAL_CHAIN_ID,
			type: "eip1559",
			nonce,
			gas,
			maxFeePerGas: maxFeePerGas * 4n,
			maxPriorityFeePerGas,
		});
		hashes.push(await publicClient.sendRawTransaction({ serializedTransaction }));
		nonce += 1;
	}
	for (const hash of hashes) {
		const receipt = await publicClient.waitForTransactionReceipt({ hash, pollingInterval: POLLING_MILLIS });
		if (receipt.status !== "success") throw new Error(`set-up transaction ${hash} of the ${role} reverted`);
	}
}

function inParts<Item>(items: readonly Item[], size: number): Item[][] {
	return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
		items.slice(index * size, (index + 1) * size),
	);
}
