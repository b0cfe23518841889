import type { EngineGateway, EngineReply } from "../../offchain/application/ports/EngineGateway.ts";
import type { EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import type { EngineNode } from "./EngineNode.ts";
import type { MemoryDatabase } from "./MemoryDatabase.ts";
import { committedOf } from "./memoryStores.ts";
import type { ProcessPorts } from "./ProcessPorts.ts";

const RESEND_MILLIS = 2_000;
const GIVE_UP_MILLIS = 30_000;

/**
 * The way from other processes to the leading engine: messages that get lost, late or doubled. Requests carry ids and
 * are sent again until they are answered, as the real ingress does.
 */
export class EngineNetwork implements EngineGateway {
	private readonly ports: ProcessPorts;
	private readonly database: MemoryDatabase;
	private readonly leader: () => EngineNode | null;
	private readonly nextRequest: () => number;

	constructor(
		ports: ProcessPorts,
		database: MemoryDatabase,
		leader: () => EngineNode | null,
		nextRequest: () => number,
	) {
		this.ports = ports;
		this.database = database;
		this.leader = leader;
		this.nextRequest = nextRequest;
	}

	async submit(input: EngineInput): Promise<EngineReply> {
		const [reply] = await this.submitMany([input]);
		return reply as EngineReply;
	}

	async submitMany(inputs: EngineInput[]): Promise<EngineReply[]> {
		const base = `${this.ports.process.name}-${this.nextRequest()}`;
		const requests = inputs.map((input, index) => ({ requestId: `${base}-${index}`, input }));
		const deadline = this.ports.scheduler.nowMillis + GIVE_UP_MILLIS;
		const answered = Promise.withResolvers<EngineReply[]>();
		let isAnswered = false;
		void answered.promise.then(() => {
			isAnswered = true;
		});
		while (this.ports.scheduler.nowMillis < deadline) {
			this.send(requests, answered.resolve);
			await Promise.race([answered.promise, this.ports.sleep(RESEND_MILLIS)]);
			if (isAnswered) return answered.promise;
		}
		throw new Error("the engine is silent");
	}

	private send(requests: Request[], answer: (replies: EngineReply[]) => void): void {
		const copies = this.ports.fault("repeatedMessage") ? 2 : 1;
		for (let copy = 0; copy < copies; copy++) {
			if (this.ports.fault("lostMessage")) continue;
			this.ports.scheduler.after(this.delay(), () => {
				const node = this.leader();
				if (node === null) return;
				void this.deliver(node, requests)
					.then((replies) => this.reply(replies, answer))
					// The engine has stopped: nobody answers, the request is sent again.
					.catch(() => undefined);
			});
		}
	}

	private async deliver(node: EngineNode, requests: Request[]): Promise<EngineReply[]> {
		// A node that stands still takes the message when it goes on.
		await node.ports.sleep(1);
		const { engine } = node;
		if (engine === null) throw new Error("not leading");
		if (engine.roomInputs < requests.length) return requests.map(() => ({ status: "busy" }));
		const replies = await Promise.all(
			requests.map(({ requestId, input }) => engine.submitRequest(requestId, structuredClone(input))),
		);
		return Promise.all(replies.map((reply, index) => reply ?? this.fromLog(node, requests[index] as Request)));
	}

	/** Committed earlier, perhaps by another leader. */
	private async fromLog(node: EngineNode, { requestId }: Request): Promise<EngineReply> {
		return node.ports.read(() => {
			for (const group of this.database.log) {
				const index = group.requestIds?.indexOf(requestId) ?? -1;
				if (index === -1) continue;
				const committed = committedOf(group)[index];
				if (committed !== undefined) {
					return { status: "applied", sequence: committed.sequence, events: committed.events };
				}
			}
			throw new Error(`request ${requestId} is not in the log`);
		});
	}

	private reply(replies: EngineReply[], answer: (replies: EngineReply[]) => void): void {
		if (this.ports.fault("lostMessage")) return;
		void this.ports.sleep(this.delay()).then(() => answer(structuredClone(replies)));
	}

	private delay(): number {
		const millis = this.ports.scheduler.random.integer(1, 10);
		return this.ports.fault("lateMessage") ? millis + this.ports.scheduler.random.integer(500, 8_000) : millis;
	}
}

type Request = { requestId: string; input: EngineInput };
