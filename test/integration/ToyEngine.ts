import { createHash } from "node:crypto";
import type { EngineState } from "../../offchain/application/ports/EngineState.ts";
import type { EngineEvent } from "../../offchain/domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import type { Address } from "../../offchain/domain/units/Address.ts";

/** The smallest state machine that shows loss, repetition and disorder: accounts that are credited. */
export class ToyEngine implements EngineState {
	readonly balances = new Map<Address, number>();
	lastPosition = 0;
	applied = 0;

	apply(sequence: number, input: EngineInput): EngineEvent[] {
		if (sequence !== this.applied + 1) throw new Error(`input ${sequence} after ${this.applied}`);
		this.applied = sequence;
		if (input.type === "AdvanceClock") return [];
		if (input.type === "ChainFact") {
			if (input.position <= this.lastPosition) return [];
			this.lastPosition = input.position;
			if (input.fact.kind === "Deposited") return this.credit(input.fact.account, input.fact.amountMsat);
			return [];
		}
		if (input.type === "RaiseBuyingPower") {
			if (input.amountMsat < 0) throw new Error("invariant: a credit is never negative");
			return this.credit(input.account, input.amountMsat);
		}
		return [{ type: "InputRefused", inputType: input.type, reason: "INPUT_NOT_ALLOWED", detail: "" }];
	}

	private credit(account: Address, amountMsat: number): EngineEvent[] {
		const availableMsat = (this.balances.get(account) ?? 0) + amountMsat;
		this.balances.set(account, availableMsat);
		return [{ type: "AccountChanged", account, availableMsat, reservedMsat: 0 }];
	}

	snapshot(): Uint8Array {
		return Buffer.from(JSON.stringify([this.applied, this.lastPosition, [...this.balances]]));
	}

	stateHash(): string {
		return createHash("sha256").update(this.snapshot()).digest("hex");
	}

	static restore(bytes: Uint8Array): ToyEngine {
		const [applied, lastPosition, balances] = JSON.parse(Buffer.from(bytes).toString());
		const engine = new ToyEngine();
		engine.applied = applied;
		engine.lastPosition = lastPosition;
		for (const [account, amount] of balances) engine.balances.set(account, amount);
		return engine;
	}
}
