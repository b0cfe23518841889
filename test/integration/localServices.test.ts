import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import pg from "pg";
import { LocalServiceError } from "../../offchain/infrastructure/local/LocalServiceError.ts";
import { isAlive, waitForEnd } from "../../offchain/infrastructure/local/processLife.ts";
import { resetLocalState, startLocalServices } from "../../offchain/infrastructure/local/startLocalServices.ts";

const CHAIN = { chainId: 31_337, genesisSeconds: 1_800_000_000 };

async function rpc(url: string, method: string, params: unknown[] = []): Promise<unknown> {
	const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
	const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
	return ((await response.json()) as { result: unknown }).result;
}

async function query(url: string, sql: string) {
	const client = new pg.Client(url);
	await client.connect();
	try {
		return (await client.query(sql)).rows;
	} finally {
		await client.end();
	}
}

function servicePids(stateDir: string): number[] {
	const record = JSON.parse(readFileSync(join(stateDir, "guardian.json"), "utf8"));
	return [record.guardianPid, record.chainPid, record.postgresPid];
}

describe("X4 local services", () => {
	const stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-services-"));
	after(async () => {
		await resetLocalState(stateDir);
		rmSync(stateDir, { recursive: true, force: true });
	});

	it("behavior: database and chain keep everything over a stop and a start, on the same ports", async () => {
		const first = await startLocalServices({ stateDir, ...CHAIN });
		await query(first.databaseUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
		for (let i = 1; i <= 20; i++) await rpc(first.rpcUrl, "evm_mine", [CHAIN.genesisSeconds + 7 * i]);
		const before = await rpc(first.rpcUrl, "eth_getBlockByNumber", ["0xa", true]);
		const pids = servicePids(stateDir);
		await first.stop();
		expect(pids.filter(isAlive)).to.deep.equal([]);

		const second = await startLocalServices({ stateDir, ...CHAIN });
		expect(second.databaseUrl).to.equal(first.databaseUrl);
		expect(second.rpcUrl).to.equal(first.rpcUrl);
		expect(await query(second.databaseUrl, "SELECT answer FROM kept")).to.deep.equal([{ answer: 42 }]);
		expect(await rpc(second.rpcUrl, "eth_blockNumber")).to.equal("0x14");
		expect(await rpc(second.rpcUrl, "eth_getBlockByNumber", ["0xa", true])).to.deep.equal(before);
		await second.stop();
	});

	it("behavior: kill -9 of the owner ends both services in order and leaves no process", async () => {
		const script = `
			import { startLocalServices } from ${JSON.stringify(join(import.meta.dirname, "../../offchain/infrastructure/local/startLocalServices.ts"))};
			const services = await startLocalServices(${JSON.stringify({ stateDir, ...CHAIN })});
			console.log(JSON.stringify(services));
			setInterval(() => {}, 1000);`;
		const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const urls = await new Promise<{ rpcUrl: string }>((resolve) => {
			owner.stdout.once("data", (line: Buffer) => resolve(JSON.parse(line.toString())));
		});
		await rpc(urls.rpcUrl, "evm_mine", [CHAIN.genesisSeconds + 100_000]);
		const pids = servicePids(stateDir);
		owner.kill("SIGKILL");
		for (const pid of pids) expect(await waitForEnd(pid, 20_000), `process ${pid}`).to.equal(true);

		const again = await startLocalServices({ stateDir, ...CHAIN });
		expect(Number(await rpc(again.rpcUrl, "eth_blockNumber"))).to.equal(21);
		expect(await query(again.databaseUrl, "SELECT answer FROM kept")).to.deep.equal([{ answer: 42 }]);
		await again.stop();
	});

	it("behavior: what a killed guardian left behind is ended by the next start", async () => {
		const first = await startLocalServices({ stateDir, ...CHAIN });
		let failure: LocalServiceError | null = null;
		first.onFailure((error) => {
			failure = error;
		});
		const pids = servicePids(stateDir);
		process.kill(pids[0] as number, "SIGKILL");
		await waitForEnd(pids[0] as number, 5_000);
		await new Promise((resolve) => setTimeout(resolve, 200));
		expect(failure).to.be.instanceOf(LocalServiceError);
		expect(pids.filter(isAlive)).to.have.length(2);
		const second = await startLocalServices({ stateDir, ...CHAIN });
		expect(pids.filter(isAlive)).to.deep.equal([]);
		await second.stop();
	});

	it("error: a chain that dies is reported once, in one line", async () => {
		const services = await startLocalServices({ stateDir, ...CHAIN });
		const failed = new Promise<LocalServiceError>((resolve) => services.onFailure(resolve));
		process.kill(servicePids(stateDir)[1] as number, "SIGKILL");
		const error = await failed;
		expect(error.code).to.equal("CHAIN_FAILED");
		expect(error.message).to.not.include("\n");
		await services.stop();
		expect(existsSync(join(stateDir, "guardian.json"))).to.equal(false);
	});

	it("error: a taken port, a directory in use and one that cannot be written are one line each", async () => {
		const holder = createServer().listen(0, "127.0.0.1");
		await new Promise((resolve) => holder.once("listening", resolve));
		const port = (holder.address() as { port: number }).port;
		const taken = await failureOf(startLocalServices({ stateDir, ...CHAIN, databasePort: port }));
		expect(taken.code).to.equal("PORT_TAKEN");
		holder.close();

		const file = await failureOf(startLocalServices({ stateDir: "/dev/null/state", ...CHAIN }));
		expect(file.code).to.equal("STATE_DIR_UNUSABLE");
		for (const error of [taken, file]) expect(error.message).to.not.include("\n");
	});
});

async function failureOf(promise: Promise<unknown>): Promise<LocalServiceError> {
	try {
		await promise;
	} catch (error) {
		if (error instanceof LocalServiceError) return error;
		throw error;
	}
	throw new Error("expected a refusal");
}
