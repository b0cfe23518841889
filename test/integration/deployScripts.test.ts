import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Hex, keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Deployment } from "../../offchain/infrastructure/chain/Deployment.ts";
import type { ContractVerification } from "../../offchain/infrastructure/chain/sourceVerification.ts";
import { freePort } from "../../offchain/infrastructure/local/freePort.ts";
import { chainBinary } from "../../offchain/infrastructure/local/serviceBinaries.ts";
import { rpcCall } from "./testServices.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const KEY: Hex = keccak256(toHex("deployer of the script's test"));
const CHAIN_ID = 424_242;

/** The two commands as they are run by hand, against a chain of their own. */
describe("C10 scripts/deploy.ts and scripts/checkDeployment.ts", function () {
	this.timeout(60_000);
	let chain: ChildProcess;
	let rpc: string;
	const folder = mkdtempSync(join(tmpdir(), "gridtokenx-deploy-"));
	const out = join(folder, "addresses.json");

	before(async () => {
		const port = await freePort();
		rpc = `http://127.0.0.1:${port}`;
		chain = spawn(chainBinary(), ["--port", String(port), "--chain-id", String(CHAIN_ID), "--quiet"], {
			stdio: "ignore",
		});
		for (let attempt = 0; attempt < 500; attempt += 1) {
			const answered = await rpcCall(rpc, "eth_chainId", []).catch(() => null);
			if (answered !== null) break;
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		await rpcCall(rpc, "anvil_setBalance", [privateKeyToAccount(KEY).address, "0x3635c9adc5dea00000"]);
	});
	after(() => {
		chain.kill();
		rmSync(folder, { recursive: true, force: true });
	});

	type Ended = { code: number; stdout: string; stderr: string };
	function run(script: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
		return new Promise((resolve) => {
			const options = { cwd: ROOT, env: { ...process.env, ...env } };
			execFile(process.execPath, [join("scripts", script), ...args], options, (error, stdout, stderr) => {
				resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
			});
		});
	}
	const deploy = (...args: string[]) =>
		run("deploy.ts", ["--rpc", rpc, "--out", out, ...args], { DEPLOYER_PRIVATE_KEY: KEY });
	const check = (...args: string[]) => run("checkDeployment.ts", ["--rpc", rpc, "--deployment", out, ...args]);
	const written = () => JSON.parse(readFileSync(out, "utf8")) as Deployment;

	it("default: deploys by RPC URL and key, and writes the addresses", async () => {
		const { code, stdout, stderr } = await deploy();
		expect(code, stderr).to.equal(0);
		expect(stdout).to.contain(`deployed on chain ${CHAIN_ID}`);
		expect(written().chainId).to.equal(CHAIN_ID);
	});

	it("default: the check finds everything as declared", async () => {
		const { code, stdout, stderr } = await check();
		expect(code, stdout + stderr).to.equal(0);
		expect(stdout).to.match(/\nok {3}role OPERATOR \(20\) held by: 0xf39f/);
		expect(stdout).to.match(/\n\d{3,} facts read, 0 deviate\n$/);
	});

	it("behavior: repeating deploys nothing, sends nothing and writes the same", async () => {
		const before = written();
		const block = await rpcCall(rpc, "eth_blockNumber", []);
		const { code, stderr } = await deploy();
		expect(code, stderr).to.equal(0);
		expect(await rpcCall(rpc, "eth_blockNumber", [])).to.equal(block);
		expect(written()).to.deep.equal(before);
	});

	it("behavior: writes address, compiler, standard input and encoded arguments of every contract for source verification", async () => {
		const verification = out.replace(".json", ".verification");
		const contracts = JSON.parse(readFileSync(join(verification, "contracts.json"), "utf8")) as Record<
			string,
			ContractVerification
		>;
		expect(Object.keys(contracts)).to.have.members(Object.keys(written().addresses));
		const files = readdirSync(verification);
		for (const [name, { address, input, contract, compiler, constructorArguments }] of Object.entries(contracts)) {
			expect(files).to.include(input);
			const standard = JSON.parse(readFileSync(join(verification, input), "utf8"));
			expect(standard.language).to.equal("Solidity");
			expect(Object.keys(standard.sources)).to.include(contract.split(":")[0]);
			expect(compiler).to.match(/^v0\.8\.\d+\+commit\.[0-9a-f]{8}$/);
			expect(address).to.equal(written().addresses[name as "AuditLens"]);
			expect(constructorArguments.length % 64, name).to.equal(2);
		}
	});

	it("error: parameters that are not what is deployed: exit code 1, every deviation named", async () => {
		const parameters = JSON.parse(readFileSync(join(ROOT, "deploy/parameters/local.json"), "utf8"));
		parameters.operators = ["0x00000000000000000000000000000000000000aa"];
		parameters.thresholds.authority = 3;
		const other = join(folder, "other.json");
		writeFileSync(other, JSON.stringify(parameters));
		const plain = await check("--parameters", other);
		expect(plain.code).to.equal(1);
		expect(plain.stdout).to.contain("BAD  safe EGAT threshold: 2 of 3\n     declared: 3 of 3");
		const { code, stdout } = await check("--parameters", other, "--json");
		expect(code).to.equal(1);
		const report = JSON.parse(stdout);
		expect(report).to.include({ ok: false, chainId: CHAIN_ID });
		expect(report.deviations.map(({ subject }: { subject: string }) => subject)).to.have.members([
			"role OPERATOR (20) held by",
			...["EGAT", "MEA", "PEA", "ERC"].map((name) => `safe ${name} threshold`),
		]);
	});

	it("error: another chain, or no chain: exit code 2 with one line", async () => {
		const elsewhere = join(folder, "elsewhere.json");
		writeFileSync(elsewhere, JSON.stringify({ ...written(), chainId: 1 }));
		const wrong = await run("checkDeployment.ts", ["--rpc", rpc, "--deployment", elsewhere]);
		expect(wrong.code).to.equal(2);
		expect(wrong.stderr).to.contain(`the endpoint is chain ${CHAIN_ID}`);
		const none = await run("checkDeployment.ts", ["--rpc", rpc, "--deployment", join(folder, "none.json")]);
		expect(none.code).to.equal(2);
	});

	it("error: without a key, nothing is sent", async () => {
		const { code, stderr } = await run("deploy.ts", ["--rpc", rpc, "--out", out], { DEPLOYER_PRIVATE_KEY: "" });
		expect(code).to.equal(2);
		expect(stderr).to.contain("a private key is needed");
	});
});
