import type pg from "pg";
import { type AccessList, keccak256 } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";
import type { HeldLock } from "../postgres/HeldLock.ts";
import { acquireKeyLock } from "./acquireKeyLock.ts";
import { describeRpcError } from "./describeRpcError.ts";
import { RpcSenderNode, type SenderNode } from "./SenderNode.ts";
import type { TransactionOutcome, TransactionRequest } from "./TransactionRequest.ts";
import type { SignedAttempt, StoredTransaction, TransactionStorage } from "./TransactionStorage.ts";
import { TransactionStore } from "./TransactionStore.ts";

/** Gas estimates are made on the newest state; the block it is mined in may be a little dearer. */
const GAS_MARGIN_PERCENT = 130n;
const MAX_ATTEMPTS = 24;
const PLAIN_TRANSFER_GAS = 21_000n;

/** What is outside of the sender: its memory, its node, the lock on its key, its clock. */
export type SenderSurroundings = {
	store: TransactionStorage;
	node: SenderNode;
	/** Waits for the key; null when aborted. */
	lockKey: (signal: AbortSignal) => Promise<Pick<HeldLock, "release" | "whenLost"> | null>;
	sleep: typeof sleepMillis;
};

/** Postgres and a node, or other surroundings. */
type Surroundings =
	| { pool: pg.Pool; databaseUrl: string; rpcUrl: string; surroundings?: never }
	| { surroundings: SenderSurroundings };

export type TransactionSenderOptions = Surroundings & {
	chainId: number;
	privateKey: Hex;
	/** A receipt counts with this many blocks counting its own. */
	confirmations: number;
	/** Wall-clock time after which an unmined transaction pays more. */
	bumpAfterMillis?: number;
	pollMillis?: number;
	/** Largest fee this system will pay, wei per gas. */
	maxFeePerGasCap?: bigint;
	/** The slots a call is known to read (EIP-2930); they depend on the call alone, so that every version has the same. */
	accessListOf?: (call: { to: Address; data: Hex }) => AccessList;
	/** Told about what a person should know: a key used elsewhere, a fee at its cap, a chain that does not answer. */
	onAlarm?: (message: string) => void;
	/** The key is no longer this process's: it has stopped sending for good; start the process again. */
	onLost?: (error: Error) => void;
};

const DEFAULTS = {
	bumpAfterMillis: 15_000,
	pollMillis: 200,
	maxFeePerGasCap: 500_000_000_000n,
	accessListOf: (_call: { to: Address; data: Hex }): AccessList => [],
	onAlarm: (_message: string): void => undefined,
	onLost: (_error: Error): void => undefined,
};

/**
 * Sends the transactions of one key. The nonce and every signed version are on disk before anything is sent, so that
 * after a crash the same bytes go out again and nothing is sent twice; "did it arrive?" is always answered by looking
 * for receipts of every version. Requests are idempotent by key. One process owns a key (advisory lock).
 */
export class TransactionSender {
	readonly address: Address;
	private readonly options: TransactionSenderOptions & typeof DEFAULTS;
	private readonly account: ReturnType<typeof privateKeyToAccount>;
	private readonly surroundings: SenderSurroundings;
	private readonly node: SenderNode;
	private readonly store: TransactionStorage;
	private readonly abort = new AbortController();
	private readonly finished = new Map<number, ((transaction: StoredTransaction) => void)[]>();
	private wake: () => void = () => undefined;
	private loop: Promise<void> = Promise.resolve();
	private releaseKey: () => Promise<void> = async () => undefined;
	private lastAlarm = "";

	constructor(options: TransactionSenderOptions) {
		this.options = { ...DEFAULTS, ...options };
		this.account = privateKeyToAccount(options.privateKey);
		this.address = this.account.address.toLowerCase() as Address;
		this.surroundings = options.surroundings ?? realSurroundings(options, this.address);
		this.node = this.surroundings.node;
		this.store = this.surroundings.store;
	}

	/** Becomes the key's only owner (waits for it) and carries on with what was in flight. */
	async start(): Promise<void> {
		const { onLost } = this.options;
		const lock = await this.surroundings.lockKey(this.abort.signal);
		if (lock === null) return;
		this.releaseKey = () => lock.release();
		void lock.whenLost().then((error) => {
			if (this.abort.signal.aborted) return;
			this.abort.abort();
			onLost(new Error(`lost the lock on ${this.address}: ${error.message}`));
		});
		this.loop = this.run();
	}

	async stop(): Promise<void> {
		this.abort.abort();
		this.wake();
		await this.loop;
		await this.releaseKey();
	}

	/** Sends once per key, whoever asks and however often; resolves with what became of it. */
	async send(request: TransactionRequest): Promise<TransactionOutcome> {
		const stored = await this.store.request({ ...request, to: request.to.toLowerCase() as Address });
		if (stored.state !== "queued" && stored.state !== "sent") return outcomeOf(stored);
		if (this.abort.signal.aborted) throw new Error("the transaction sender has been stopped");
		return new Promise((resolve, reject) => {
			const waiting = this.finished.get(stored.id) ?? [];
			waiting.push((transaction) => resolve(outcomeOf(transaction)));
			this.finished.set(stored.id, waiting);
			this.abort.signal.addEventListener("abort", () => reject(new Error("the transaction sender has been stopped")), {
				once: true,
			});
			this.wake();
		});
	}

	private async run(): Promise<void> {
		while (!this.abort.signal.aborted) {
			try {
				await this.mendGap();
				for (const transaction of await this.store.open()) {
					if (this.abort.signal.aborted) return;
					if (transaction.state === "queued") await this.sendFirst(transaction);
					else await this.follow(transaction);
				}
				await this.tellWhoWaits();
				this.lastAlarm = "";
			} catch (error) {
				this.alarm(`${this.address} cannot send: ${describeRpcError(error)}`);
			}
			const pause = new AbortController();
			this.wake = () => pause.abort();
			await this.surroundings.sleep(this.options.pollMillis, pause.signal);
		}
	}

	/**
	 * The chain waits for a nonce that nothing in flight has: it took a mined transaction back (its bytes go out again), or
	 * the bytes are lost (a transfer of nothing to ourselves takes the place). Without this everything behind would wait.
	 */
	private async mendGap(): Promise<void> {
		const nextNonce = await this.store.nextNonce();
		if (nextNonce === null) return;
		const open = new Set((await this.store.open()).map((transaction) => transaction.nonce));
		for (let nonce = await this.transactionCount(); nonce < nextNonce; nonce++) {
			if (open.has(nonce)) continue;
			const last = (await this.store.attemptsOfNonce(nonce)).at(-1);
			if (last !== undefined) {
				if (!(await this.isPending(last))) await this.broadcast(last.raw);
				continue;
			}
			this.alarm(`nothing is known of nonce ${nonce} of ${this.address}: it is filled with an empty transfer`);
			const { maxFeePerGas, maxPriorityFeePerGas } = await this.node.estimateFees();
			const raw = await this.account.signTransaction({
				type: "eip1559",
				chainId: this.options.chainId,
				to: this.account.address,
				nonce,
				gas: PLAIN_TRANSFER_GAS,
				maxFeePerGas,
				maxPriorityFeePerGas,
			});
			await this.broadcast(raw);
		}
	}

	/** A call that would revert is refused before it gets a nonce, so that it leaves no gap. */
	private async sendFirst(transaction: StoredTransaction): Promise<void> {
		const { to, data } = transaction;
		let gasLimit: number;
		try {
			const accessList = this.options.accessListOf(transaction);
			const estimate = await this.node.estimateGas({ account: this.address, to, data, accessList });
			gasLimit = Number((estimate * GAS_MARGIN_PERCENT) / 100n);
		} catch (error) {
			if (!isRevert(error)) throw error;
			await this.store.finish(transaction.id, { state: "refused", detail: describeRpcError(error) });
			return;
		}
		const nonce = await this.store.assignNonce(transaction.id, gasLimit, await this.transactionCount());
		await this.sign({ ...transaction, nonce, gasLimit }, null);
	}

	private async follow(transaction: StoredTransaction): Promise<void> {
		const attempts = await this.store.attempts(transaction.id);
		if (await this.findReceipt(transaction, attempts)) return;
		const count = await this.transactionCount();
		const nonce = transaction.nonce as number;
		if (count > nonce) {
			// Used, yet by none of our versions: look once more, the receipt may have come in between.
			if (await this.findReceipt(transaction, attempts)) return;
			this.alarm(`nonce ${nonce} of ${this.address} was used by a transaction that is not ours`);
			await this.store.requeue(transaction.id);
			return;
		}
		const last = attempts.at(-1);
		if (last === undefined) {
			await this.sign(transaction, null);
			return;
		}
		const isStuck = last.ageMillis >= this.options.bumpAfterMillis && count === nonce;
		if (isStuck && attempts.length < MAX_ATTEMPTS) await this.sign(transaction, last);
		else if (!(await this.isPending(last))) await this.broadcast(last.raw);
	}

	private async findReceipt(transaction: StoredTransaction, attempts: SignedAttempt[]): Promise<boolean> {
		for (const { transactionHash } of attempts) {
			const receipt = await this.node.receipt(transactionHash);
			if (receipt === null) continue;
			const { blockNumber, isSuccess, gasUsed } = receipt;
			const head = await this.node.headNumber();
			// Mined but not final: nothing to send, nothing to tell yet.
			if (head - blockNumber + 1 < this.options.confirmations) return true;
			await this.store.finish(transaction.id, {
				state: isSuccess ? "confirmed" : "reverted",
				transactionHash,
				blockNumber,
				gasUsed,
			});
			return true;
		}
		return false;
	}

	/** Signs a version, writes it down, then sends it. `previous` is the version to be outbid. */
	private async sign(transaction: StoredTransaction, previous: SignedAttempt | null): Promise<void> {
		const fees = await this.node.estimateFees();
		const raise = (now: bigint, before: bigint | undefined): bigint => {
			const least = before === undefined ? now : before + before / 8n + 1n;
			return now > least ? now : least;
		};
		let maxFeePerGas = raise(fees.maxFeePerGas, previous?.maxFeePerGas);
		let maxPriorityFeePerGas = raise(fees.maxPriorityFeePerGas, previous?.maxPriorityFeePerGas);
		const cap = this.options.maxFeePerGasCap;
		if (maxFeePerGas > cap) {
			this.alarm(`the fee for nonce ${transaction.nonce} of ${this.address} has reached its cap`);
			if (previous !== null && previous.maxFeePerGas >= cap) return;
			maxFeePerGas = cap;
		}
		if (maxPriorityFeePerGas > maxFeePerGas) maxPriorityFeePerGas = maxFeePerGas;
		const raw = await this.account.signTransaction({
			type: "eip1559",
			chainId: this.options.chainId,
			to: transaction.to,
			data: transaction.data,
			accessList: this.options.accessListOf(transaction),
			nonce: transaction.nonce as number,
			gas: BigInt(transaction.gasLimit as number),
			maxFeePerGas,
			maxPriorityFeePerGas,
		});
		await this.store.addAttempt(transaction.id, {
			attempt: (previous?.attempt ?? 0) + 1,
			transactionHash: keccak256(raw) as Hash32,
			raw,
			maxFeePerGas,
			maxPriorityFeePerGas,
		});
		await this.broadcast(raw);
	}

	/** Every refusal of a node may mean "I have it already": receipts decide, not this answer. */
	private async broadcast(raw: Hex): Promise<void> {
		try {
			await this.node.broadcast(raw);
		} catch (error) {
			const text = describeRpcError(error);
			if (/already (known|imported)|nonce too low|underpriced|replacement/i.test(text)) return;
			throw error;
		}
	}

	private isPending({ transactionHash }: SignedAttempt): Promise<boolean> {
		return this.node.knows(transactionHash);
	}

	private transactionCount(): Promise<number> {
		return this.node.transactionCount(this.address);
	}

	private async tellWhoWaits(): Promise<void> {
		for (const [id, waiting] of this.finished) {
			const transaction = await this.store.byId(id);
			if (transaction.state === "queued" || transaction.state === "sent") continue;
			this.finished.delete(id);
			for (const resolve of waiting) resolve(transaction);
		}
	}

	private alarm(message: string): void {
		if (message === this.lastAlarm) return;
		this.lastAlarm = message;
		this.options.onAlarm(message);
	}
}

function realSurroundings(
	options: { pool: pg.Pool; databaseUrl: string; rpcUrl: string; chainId: number },
	sender: Address,
): SenderSurroundings {
	const { pool, databaseUrl, rpcUrl, chainId } = options;
	return {
		store: new TransactionStore(pool, chainId, sender),
		node: new RpcSenderNode(rpcUrl),
		lockKey: (signal) => acquireKeyLock({ databaseUrl, chainId, sender }, signal),
		sleep: sleepMillis,
	};
}

function outcomeOf(transaction: StoredTransaction): TransactionOutcome {
	if (transaction.state === "refused") return { status: "refused", detail: transaction.detail ?? "" };
	if (transaction.state !== "confirmed" && transaction.state !== "reverted") {
		throw new Error(`transaction ${transaction.id} is still ${transaction.state}`);
	}
	return {
		status: transaction.state,
		transactionHash: transaction.transactionHash as Hash32,
		blockNumber: transaction.blockNumber as number,
		gasUsed: transaction.gasUsed as number,
	};
}

/** The call itself fails, as opposed to the node or the network. */
function isRevert(error: unknown): boolean {
	return /revert|EVM error|invalid (opcode|jump)|out of gas|gas required exceeds/i.test(describeRpcError(error));
}
