import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { concernedAuthorities } from "../../offchain/application/services/concernedAuthorities.ts";
import { zoneId } from "../../offchain/domain/grid/zones.ts";
import { NotificationDispatcher } from "../../offchain/infrastructure/notifications/NotificationDispatcher.ts";
import { NotificationStore } from "../../offchain/infrastructure/notifications/NotificationStore.ts";
import type { NotificationTargets } from "../../offchain/infrastructure/notifications/NotificationTargets.ts";
import {
	notificationHandlers,
	operatorAlarm,
} from "../../offchain/infrastructure/notifications/notificationHandlers.ts";
import { isAuthenticWebhook, webhookHeaders } from "../../offchain/infrastructure/notifications/signWebhook.ts";
import { type WindowReport, WindowReports } from "../../offchain/infrastructure/notifications/WindowReports.ts";
import { Outbox } from "../../offchain/infrastructure/postgres/Outbox.ts";
import { PostgresWindowPipelineRepository } from "../../offchain/infrastructure/postgres/PostgresWindowPipelineRepository.ts";
import { OutboxRelay } from "../../offchain/infrastructure/queue/OutboxRelay.ts";
import { eventually } from "./TestVenue.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

type Received = { headers: IncomingHttpHeaders; body: string };

/** A receiver that checks signatures and can be told to fail. */
class Receiver {
	readonly received: Received[] = [];
	answer: () => number = () => 200;
	private readonly server: Server;

	constructor() {
		this.server = createServer((request, response) => {
			let body = "";
			request.on("data", (data) => (body += data));
			request.on("end", () => {
				this.received.push({ headers: request.headers, body });
				const status = this.answer();
				response.writeHead(status, status === 302 ? { location: "http://127.0.0.1:1/elsewhere" } : {}).end("noted");
			});
		});
	}

	async start(): Promise<string> {
		await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook?token=hidden`;
	}

	stop(): void {
		this.server.closeAllConnections();
		this.server.close();
	}
}

const directive = {
	directiveId: 7,
	authority: "EGAT" as const,
	kind: "HALT" as const,
	zoneId: zoneId("C1"),
	fromWindow: 10,
	toWindow: 12,
	value: 0,
	reasonHash: `0x${"11".repeat(32)}` as const,
};

describe("A6 L2 notifications of authorities and window reports", () => {
	const secret = Buffer.from("a secret of at least 24 bytes, really");
	let database: TestDatabase;
	let store: NotificationStore;
	let receiver: Receiver;
	let targets: NotificationTargets;
	let dispatcher: NotificationDispatcher | null = null;
	const alarms: string[] = [];

	beforeEach(async () => {
		database = await testDatabase();
		store = new NotificationStore(database.pool);
		receiver = new Receiver();
		const url = await receiver.start();
		targets = { EGAT: { url, secret }, PEA: { url, secret }, ERC: { url, secret }, EPPO: { url, secret } };
		alarms.splice(0);
	});
	afterEach(async () => {
		await dispatcher?.stop();
		receiver.stop();
		await database.drop();
	});

	function dispatch(): void {
		dispatcher = new NotificationDispatcher({
			store,
			targets,
			onAlarm: (message) => alarms.push(message),
			pollMillis: 10,
			firstRetryMillis: 20,
		});
	}

	function relay(): OutboxRelay {
		const reports = new WindowReports(database.pool, 1);
		return new OutboxRelay({
			outbox: new Outbox(database.pool),
			handlers: notificationHandlers(store, reports, targets),
			pollMillis: 10,
			onError: (message) => alarms.push(message),
		});
	}

	async function states(): Promise<string[]> {
		const { rows } = await database.pool.query(
			"SELECT recipient || ' ' || state AS line FROM notifications ORDER BY recipient",
		);
		return rows.map((row) => row.line);
	}

	it("default: who is concerned follows from authority and zone", () => {
		const of = (authority: "EGAT" | "MEA" | "PEA" | "ERC" | "COUNCIL", zone: number) =>
			concernedAuthorities({ authority, zoneId: zone });
		expect(of("EGAT", zoneId("C1"))).to.deep.equal(["EGAT", "PEA", "ERC"]);
		expect(of("EGAT", zoneId("MEA"))).to.deep.equal(["EGAT", "MEA", "ERC"]);
		expect(of("COUNCIL", 0)).to.deep.equal(["EGAT", "MEA", "PEA", "ERC"]);
		expect(of("MEA", zoneId("X-LA"))).to.deep.equal(["EGAT", "MEA", "ERC"]);
	});

	it("default: a directive reaches everybody concerned once, signed; the record says when and what came back", async () => {
		const message = { type: "AuthorityOverride", directive, lifted: false, sequence: 5, atMillis: 1 };
		await database.pool.query("INSERT INTO outbox (topic, dedupe_key, payload) VALUES ('authority', '7', $1)", [
			message,
		]);
		const running = relay();
		await running.round();
		// The same message handled again, as after a crash: the same rows.
		await database.pool.query("UPDATE outbox SET state = 'waiting', available_at = now()");
		await running.round();
		dispatch();
		await eventually(states, (lines) => lines.every((line) => line.endsWith("delivered")));
		expect(await states()).to.deep.equal(["EGAT delivered", "ERC delivered", "PEA delivered"]);
		expect(receiver.received).to.have.length(3);
		for (const { headers, body } of receiver.received) {
			const given = headers as Record<string, string>;
			expect(isAuthenticWebhook(secret, given, body, Date.now() / 1000)).to.equal(true);
			expect(isAuthenticWebhook(secret, given, `${body} `, Date.now() / 1000)).to.equal(false);
			expect(isAuthenticWebhook(Buffer.from("another"), given, body, Date.now() / 1000)).to.equal(false);
			expect(isAuthenticWebhook(secret, given, body, Date.now() / 1000 + 400)).to.equal(false);
			expect(JSON.parse(body)).to.deep.include({ type: "directive" });
			expect(JSON.parse(body).data.directive).to.deep.equal(directive);
		}
		const { rows } = await database.pool.query("SELECT http_status, detail, url FROM notification_attempts");
		expect(rows).to.have.length(3);
		expect(rows[0]).to.deep.include({ http_status: 200, detail: "noted" });
		expect(rows[0].url).to.not.include("hidden");
	});

	it("behavior: a receiver that fails is tried again under the same id; the others do not wait for it", async () => {
		let failures = 0;
		receiver.answer = () => (failures++ < 4 ? 500 : 200);
		await store.add(
			{ recipients: ["EGAT"], topic: "directive", messageKey: "1", payload: { directive } },
			new Set(["EGAT"]),
		);
		dispatch();
		await eventually(states, (lines) => lines[0] === "EGAT delivered");
		expect(receiver.received).to.have.length(5);
		expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).to.equal(1);
		const { rows } = await database.pool.query(
			"SELECT attempt, http_status FROM notification_attempts ORDER BY attempt",
		);
		expect(rows.map((row) => row.http_status)).to.deep.equal([500, 500, 500, 500, 200]);
	});

	it("error: a redirect is no delivery and is not followed; an unreachable receiver is on record with the cause", async () => {
		receiver.answer = () => 302;
		targets.PEA = { url: "http://127.0.0.1:1/", secret };
		await store.add(
			{ recipients: ["EGAT", "PEA"], topic: "directive", messageKey: "1", payload: {} },
			new Set(["EGAT", "PEA"]),
		);
		dispatch();
		const look = () =>
			database.pool.query("SELECT DISTINCT http_status, detail FROM notification_attempts ORDER BY http_status");
		const { rows } = await eventually(look, (result) => result.rows.length === 2);
		expect(rows[0].http_status).to.equal(302);
		expect(rows[1].detail).to.match(/ECONNREFUSED|bad port/);
		expect(await states()).to.deep.equal(["EGAT waiting", "PEA waiting"]);
	});

	it("behavior: without an address it stands on record, and is sent once there is one", async () => {
		await store.add({ recipients: ["MEA"], topic: "directive", messageKey: "1", payload: {} }, new Set());
		expect(await states()).to.deep.equal(["MEA unaddressed"]);
		targets = { MEA: targets.EGAT as { url: string; secret: Buffer } };
		dispatch();
		await eventually(states, (lines) => lines[0] === "MEA delivered");
	});

	it("behavior: every ended window is reported to the policy office; a report can be sent again and never changes", async () => {
		const pipelines = new PostgresWindowPipelineRepository(database.pool, 1);
		await pipelines.open(77);
		await pipelines.advance(77, "empty");
		await pipelines.advance(77, "empty");
		await relay().round();
		dispatch();
		await eventually(states, (lines) => lines.length === 2 && lines.every((line) => line.endsWith("delivered")));
		expect(await states()).to.deep.equal(["EPPO delivered", "ERC delivered"]);
		const { data } = JSON.parse(receiver.received[0]?.body ?? "") as { data: WindowReport };
		expect(data).to.deep.include({ schema: "gridtokenx/window-report/1", windowId: 77, outcome: "empty", flows: [] });
		expect(data.trades).to.deep.equal({ count: 0, unwound: 0, energyWh: 0, lossWh: 0, sellerMsat: 0, buyerMsat: 0 });
		const before = receiver.received.length;
		expect(await store.resend("EPPO", "report", "window-77")).to.equal(1);
		await eventually(
			async () => receiver.received.length,
			(count) => count > before,
		);
		const again = JSON.parse(receiver.received.at(-1)?.body ?? "") as { data: WindowReport };
		expect(again.data).to.deep.equal(data);
	});

	it("behavior: one cause alarms the operator once an hour", async () => {
		const hour = 3_600_000;
		for (const at of [0, 5, hour - 1, hour])
			await store.add(operatorAlarm("window 5: not committed yet", at), new Set());
		expect(await states()).to.deep.equal(["OPERATOR unaddressed", "OPERATOR unaddressed"]);
	});

	it("default: the signature is the one of the Standard Webhooks specification", () => {
		// Example of the specification's reference implementation.
		const given = webhookHeaders(
			Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64"),
			"msg_p5jXN8AQM9LWM0D4loKWxJek",
			1_614_265_330,
			'{"test": 2432232314}',
		);
		expect(given["webhook-signature"]).to.equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	});
});
