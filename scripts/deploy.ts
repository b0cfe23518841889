/**
 * Deploys the protocol to any EVM chain and writes where it stands.
 *
 *   node scripts/deploy.ts --rpc http://127.0.0.1:8545 --key 0x… --parameters deploy/parameters/local.json
 *
 * Repeating it is safe: what is already deployed is left alone. `--out` defaults to deploy/addresses/<chainId>.json;
 * beside it come the constructor arguments of every contract, for source verification.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Command } from "commander";
import { createPublicClient, createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Deployment } from "../offchain/infrastructure/chain/Deployment.ts";
import { deployParametersSchema } from "../offchain/infrastructure/chain/deployParametersSchema.ts";
import { constructorArguments, deploySystem } from "../offchain/infrastructure/chain/deploySystem.ts";

const command = new Command()
	.requiredOption("--rpc <url>", "JSON-RPC endpoint of the chain")
	.requiredOption("--key <hex>", "private key that pays; it keeps no power")
	.option("--parameters <file>", "who holds what", "deploy/parameters/local.json")
	.option("--out <file>", "where to write the addresses")
	.parse();
const options = command.opts<{ rpc: string; key: `0x${string}`; parameters: string; out?: string }>();

const parameters = deployParametersSchema.parse(JSON.parse(readFileSync(options.parameters, "utf8")));
const transport = http(options.rpc);
const publicClient = createPublicClient({ transport, pollingInterval: 200 });
const walletClient = createWalletClient({ account: privateKeyToAccount(options.key), transport });
const deployment = await deploySystem({ publicClient, walletClient }, parameters);

const out = options.out ?? `deploy/addresses/${deployment.chainId}.json`;
mkdirSync(dirname(out), { recursive: true });
if (existsSync(out)) {
	const earlier = JSON.parse(readFileSync(out, "utf8")) as Deployment;
	const same = earlier.addresses.WindowSettlement === deployment.addresses.WindowSettlement;
	// The indexer has to start where the contracts first appeared.
	if (same && earlier.chainId === deployment.chainId) deployment.deployedBlock = earlier.deployedBlock;
}
writeFileSync(out, `${JSON.stringify(deployment, null, "\t")}\n`);
const deployer = walletClient.account.address.toLowerCase() as `0x${string}`;
const verification = constructorArguments(parameters, deployer, deployment);
writeFileSync(out.replace(/\.json$/, ".verify.json"), `${JSON.stringify(verification, null, "\t")}\n`);
process.stdout.write(`deployed on chain ${deployment.chainId}; addresses in ${out}\n`);
