import {
	type Address,
	concatHex,
	getContractAddress,
	type Hex,
	type PublicClient,
	recoverTransactionAddress,
	type TransactionSerializedLegacy,
	type WalletClient,
} from "viem";

/**
 * Deterministic deployment through the keyless factory that stands at the same address on nearly every chain
 * (github.com/Arachnid/deterministic-deployment-proxy); where it is missing its presigned transaction creates it.
 */
export const CREATE2_FACTORY: Address = "0x4e59b44847b379578588920ca78fbf26c0b4956c";
const FACTORY_TRANSACTION =
	"0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222" as TransactionSerializedLegacy;
/** 100 gwei × 100,000 gas, fixed in the presigned transaction. */
const FACTORY_COST_WEI = 10n ** 16n;

export type DeployClients = { publicClient: PublicClient; walletClient: WalletClient };

export async function hasCode({ publicClient }: DeployClients, address: Address): Promise<boolean> {
	return ((await publicClient.getCode({ address })) ?? "0x") !== "0x";
}

export async function ensureFactory(clients: DeployClients): Promise<void> {
	if (await hasCode(clients, CREATE2_FACTORY)) return;
	const signer = await recoverTransactionAddress({ serializedTransaction: FACTORY_TRANSACTION });
	await send(clients, { to: signer, value: FACTORY_COST_WEI });
	const hash = await clients.publicClient.sendRawTransaction({ serializedTransaction: FACTORY_TRANSACTION });
	await clients.publicClient.waitForTransactionReceipt({ hash });
}

/** Deploys unless the code is already there; returns its address, lower-case. */
export async function deployCreate2(clients: DeployClients, initCode: Hex, salt: Hex): Promise<Address> {
	const address = create2Address(initCode, salt);
	if (await hasCode(clients, address)) return address;
	await send(clients, { to: CREATE2_FACTORY, data: concatHex([salt, initCode]) });
	if (!(await hasCode(clients, address))) throw new Error(`no code at ${address} after deployment`);
	return address;
}

export function create2Address(initCode: Hex, salt: Hex): Address {
	const address = getContractAddress({ opcode: "CREATE2", from: CREATE2_FACTORY, salt, bytecode: initCode });
	return address.toLowerCase() as Address;
}

/** Sends from the wallet and waits for success. */
export async function send(
	{ publicClient, walletClient }: DeployClients,
	transaction: { to: Address; data?: Hex; value?: bigint },
): Promise<void> {
	const account = walletClient.account;
	if (account === undefined) throw new Error("the wallet client needs an account");
	const hash = await walletClient.sendTransaction({ ...transaction, account, chain: walletClient.chain ?? null });
	const receipt = await publicClient.waitForTransactionReceipt({ hash, pollingInterval: 50 });
	if (receipt.status !== "success") throw new Error(`transaction ${hash} to ${transaction.to} reverted`);
}
