/**
 * Reads a deployed protocol from a chain and prints who holds every role, what every power is, and where it deviates from
 * what was declared. Sends nothing and needs no key.
 *
 *   node scripts/checkDeployment.ts --rpc http://127.0.0.1:8545 --deployment deploy/addresses/31337.json
 *
 * Exit code: 0 as declared, 1 on any deviation, 2 when it could not be read.
 */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { createPublicClient, http } from "viem";
import type { Deployment } from "../offchain/infrastructure/chain/Deployment.ts";
import { deployParametersSchema } from "../offchain/infrastructure/chain/deployParametersSchema.ts";
import { expectedGovernance } from "../offchain/infrastructure/chain/expectedGovernance.ts";
import { compareGovernance } from "../offchain/infrastructure/chain/governanceFacts.ts";
import { readDeployer, readGovernance } from "../offchain/infrastructure/chain/readGovernance.ts";

const command = new Command("checkDeployment")
	.requiredOption("--rpc <url>", "JSON-RPC endpoint of the chain")
	.requiredOption("--deployment <file>", "addresses, as the deployment wrote them")
	.option("--parameters <file>", "who has to hold what", "deploy/parameters/local.json")
	.option("--json", "one JSON object on standard output")
	.parse();
const options = command.opts<{ rpc: string; deployment: string; parameters: string; json?: boolean }>();

try {
	const deployment = JSON.parse(readFileSync(options.deployment, "utf8")) as Deployment;
	const parameters = deployParametersSchema.parse(JSON.parse(readFileSync(options.parameters, "utf8")));
	const client = createPublicClient({ transport: http(options.rpc), batch: { multicall: false } });
	const chainId = await client.getChainId();
	if (chainId !== deployment.chainId) {
		throw new Error(`the endpoint is chain ${chainId}, the deployment is on chain ${deployment.chainId}`);
	}
	const deployer = await readDeployer(client, deployment);
	const found = await readGovernance(client, deployment);
	const deviations = compareGovernance(expectedGovernance(deployment, parameters, deployer), found);
	if (options.json) {
		const facts = Object.fromEntries(found);
		process.stdout.write(`${JSON.stringify({ chainId, deployer, ok: deviations.length === 0, facts, deviations })}\n`);
	} else {
		const deviating = new Map(deviations.map(({ subject, expected }) => [subject, expected]));
		for (const [subject, value] of found) {
			const expected = deviating.get(subject);
			process.stdout.write(`${expected === undefined ? "ok  " : "BAD "} ${subject}: ${value}\n`);
			if (expected !== undefined) process.stdout.write(`     declared: ${expected}\n`);
		}
		for (const { subject, expected } of deviations.filter(({ subject: each }) => !found.has(each))) {
			process.stdout.write(`BAD  ${subject}: missing\n     declared: ${expected}\n`);
		}
		process.stdout.write(`${found.size} facts read, ${deviations.length} deviate\n`);
	}
	process.exitCode = deviations.length === 0 ? 0 : 1;
} catch (error) {
	process.stderr.write(`could not check: ${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 2;
}
