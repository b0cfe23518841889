/**
 * Deploys the protocol to any EVM chain and writes where it stands.
 *
 *   DEPLOYER_PRIVATE_KEY=0x… node scripts/deploy.ts --rpc http://127.0.0.1:8545 --parameters deploy/parameters/local.json
 *
 * The key may also come from --key-file, or --key where nobody reads the command line. It pays, and is left with no power.
 * Addresses depend only on the key's address, the parameters and the compiled code. Repeating is safe: what is there is left
 * alone, and an interrupted run is completed.
 *
 * Writes `--out` (deploy/addresses/<chainId>.json by default) and beside it, in <chainId>.verification/, what source
 * verification asks for: constructor arguments of every contract and the compiler's standard JSON inputs.
 * Afterwards run scripts/checkDeployment.ts.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { createPublicClient, createWalletClient, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Address } from "../offchain/domain/units/Address.ts";
import type { Deployment } from "../offchain/infrastructure/chain/Deployment.ts";
import { deployParametersSchema } from "../offchain/infrastructure/chain/deployParametersSchema.ts";
import { deploySystem } from "../offchain/infrastructure/chain/deploySystem.ts";
import { sourceVerification } from "../offchain/infrastructure/chain/sourceVerification.ts";

const command = new Command("deploy")
	.requiredOption("--rpc <url>", "JSON-RPC endpoint of the chain")
	.option("--key <hex>", "private key that pays; better DEPLOYER_PRIVATE_KEY or --key-file")
	.option("--key-file <file>", "file that holds the key")
	.option("--parameters <file>", "who holds what", "deploy/parameters/local.json")
	.option("--out <file>", "where to write the addresses")
	.parse();
const options = command.opts<{ rpc: string; key?: string; keyFile?: string; parameters: string; out?: string }>();

const parameters = deployParametersSchema.parse(JSON.parse(readFileSync(options.parameters, "utf8")));
const account = privateKeyToAccount(readKey());
const deployer = account.address.toLowerCase() as Address;
const transport = http(options.rpc);
const publicClient = createPublicClient({ transport, pollingInterval: 200 });
const walletClient = createWalletClient({ account, transport });
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

const folder = out.replace(/(\.json)?$/, ".verification");
const { contracts, inputs } = sourceVerification(deployment, parameters, deployer);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "contracts.json"), `${JSON.stringify(contracts, null, "\t")}\n`);
for (const [name, input] of inputs) writeFileSync(join(folder, name), input);

process.stdout.write(
	`deployed on chain ${deployment.chainId}; addresses in ${out}, source verification in ${folder}/\n`,
);

function readKey(): Hex {
	const key = options.keyFile === undefined ? options.key : readFileSync(options.keyFile, "utf8").trim();
	const found = key ?? process.env.DEPLOYER_PRIVATE_KEY;
	if (found !== undefined && /^0x[0-9a-fA-F]{64}$/.test(found)) return found as Hex;
	process.stderr.write("a private key is needed: DEPLOYER_PRIVATE_KEY, --key-file or --key, 0x and 64 hex digits\n");
	process.exit(2);
}
