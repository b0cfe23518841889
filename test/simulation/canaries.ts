import type { EngineReply } from "../../offchain/application/ports/EngineGateway.ts";
import type { EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import { projectGroup } from "../../offchain/infrastructure/postgres/projectGroup.ts";
import type { Canary } from "./Canary.ts";
import { groupOf } from "./memoryStores.ts";

const NO_ROWS = projectGroup([]);

/** Mistakes that have been made in systems like this one; the simulation is worth what it finds of them. */
export const CANARIES: Record<string, Canary> = {
	ackBeforeCommit: {
		what: "orders are acknowledged while their commit is still on its way",
		log: (log) => ({
			...log,
			commit: async (prepared) => {
				void log.commit(prepared).catch(() => undefined);
			},
		}),
	},
	skipFencing: {
		what: "a commit does not check that its writer still leads",
		log: (log, database, ports) => ({
			...log,
			commit: (prepared) => ports.write(() => database.commitInputGroup(groupOf(prepared), { checksEpoch: false })),
		}),
	},
	tornProjection: {
		what: "readable rows and the cursor that says they are there are written by two transactions instead of one",
		log: (log, database, ports) => ({
			...log,
			project: async (afterSequence, lastSequence, rows) => {
				const isMoved = await ports.write(() => database.projectInputs(afterSequence, lastSequence, NO_ROWS));
				if (isMoved) await ports.write(() => database.project(rows));
				return isMoved;
			},
		}),
	},
	skipLeftOver: {
		what: "a new leader does not write the effects that the one before had left over",
		log: (log, database, ports) => ({
			...log,
			appliedAfter: async () => [],
			project: (_afterSequence, lastSequence, rows) =>
				ports.write(() => {
					database.projectedSequence = lastSequence;
					database.project(rows);
					return true;
				}),
		}),
	},
	dropOutboxRow: {
		what: "of several messages of one group only the first is written",
		log: (log) => ({
			...log,
			project: (afterSequence, lastSequence, rows) =>
				log.project(afterSequence, lastSequence, { ...rows, messages: rows.messages.slice(0, 1) }),
		}),
	},
	staleSnapshot: {
		what: "a snapshot is filed under an input after the one it contains",
		log: (log) => {
			let previous: Parameters<typeof log.saveSnapshot>[0] | null = null;
			return {
				...log,
				saveSnapshot: (snapshot) => {
					const { state, stateHash } = previous ?? snapshot;
					previous = snapshot;
					return log.saveSnapshot({ ...snapshot, state, stateHash });
				},
			};
		},
	},
	doubleApply: {
		what: "a chain fact delivered again is applied again",
		engine: (state) => {
			const apply = state.apply.bind(state);
			state.apply = (sequence, input) =>
				apply(sequence, input.type === "ChainFact" ? { ...input, position: sequence } : input);
			return state;
		},
	},
	forgetRollback: {
		what: "a reorganisation moves the cursor back and leaves the events of the lost blocks",
		chainStore: (store, database, ports) => ({
			...store,
			rollBack: (_from, ancestorNumber, ancestorHash) =>
				ports.write(() => {
					if (database.cursor === null) return;
					Object.assign(database.cursor, { blockNumber: ancestorNumber, blockHash: ancestorHash });
					for (const number of [...database.blocks.keys()]) if (number > ancestorNumber) database.blocks.delete(number);
				}),
		}),
	},
	confirmOneShort: {
		what: "a block counts as final one confirmation too early",
		chainStore: (store) => ({
			...store,
			undelivered: (lastFinalBlock, limit) => store.undelivered(lastFinalBlock + 1, limit),
		}),
	},
	deliverBeforeTelling: {
		what: "facts are marked as delivered before the engine has them",
		caughtBySeed: 60,
		chainStore: (store) => ({
			...store,
			undelivered: async (lastFinalBlock, limit) => {
				const facts = await store.undelivered(lastFinalBlock, limit);
				const last = facts.at(-1);
				if (last !== undefined) await store.markDelivered(last.position);
				return facts;
			},
		}),
	},
	resendWithNewNonce: {
		what: "a transaction that takes long is sent again under a new nonce",
		transactionStore: (store) => ({
			...store,
			open: async () => {
				const open = await store.open();
				for (const transaction of open) {
					const attempts = transaction.state === "sent" ? await store.attempts(transaction.id) : [];
					if ((attempts.at(-1)?.ageMillis ?? 0) > 20_000) await store.requeue(transaction.id);
				}
				return store.open();
			},
		}),
	},
	forgetRequestKey: {
		what: "the same request is a new transaction every time it is asked for",
		transactionStore: (store, database) => ({
			...store,
			request: (request) =>
				store.request({ ...request, requestKey: `${request.requestKey}-${database.transactions.length}` }),
		}),
	},
	signWithoutWriting: {
		what: "a signed transaction is sent before it is written down, and the writing is skipped",
		transactionStore: (store) => ({ ...store, addAttempt: async () => undefined }),
	},
	outboxDoneAtTake: {
		what: "an outbox message counts as handled when it is taken",
		caughtBySeed: 266,
		outbox: (outbox) => ({
			...outbox,
			take: async (topics, limit) => {
				const messages = await outbox.take(topics, limit);
				for (const { outboxId } of messages) await outbox.done(outboxId);
				return messages;
			},
		}),
	},
	forgetNewestTrade: {
		what: "the closing check of a window leaves out the trade made last",
		closing: (check) => (trades) => check(trades.slice(0, -1)),
	},
	loseCancel: {
		what: "one cancellation in eight is answered and never handed to the engine",
		gateway: (gateway, _database, ports) => ({
			submitMany: (inputs) => gateway.submitMany(inputs),
			submit: (input) =>
				input.type === "CancelOrder" && ports.scheduler.random.chance(0.125) ? pretend(input) : gateway.submit(input),
		}),
	},
};

async function pretend(input: Extract<EngineInput, { type: "CancelOrder" }>): Promise<EngineReply> {
	const { account, orderHash } = input;
	return {
		status: "applied",
		sequence: 0,
		events: [{ type: "OrderCancelled", orderHash, account, windowId: 0, openWh: 0, reason: "CANCELLED_BY_TRADER" }],
	};
}
