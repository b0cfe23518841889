import type { EngineGateway } from "../../offchain/application/ports/EngineGateway.ts";
import type { EngineState } from "../../offchain/application/ports/EngineState.ts";
import type { InputLog } from "../../offchain/infrastructure/postgres/InputLog.ts";
import type { ChainStorage } from "../../offchain/infrastructure/reconciliation/ChainStorage.ts";
import type { TransactionStorage } from "../../offchain/infrastructure/reconciliation/TransactionStorage.ts";
import type { MemoryDatabase } from "./MemoryDatabase.ts";
import type { OutboxStore } from "./memoryStores.ts";
import type { ProcessPorts } from "./ProcessPorts.ts";
import type { simulatedClosingCheck } from "./simulatedClosingCheck.ts";

type Wrap<Port> = (port: Port, database: MemoryDatabase, ports: ProcessPorts) => Port;

/** A bug put in front of a port. The programs themselves know nothing of canaries. */
export type Canary = {
	/** The mistake, in one line. */
	what: string;
	/** Tried first, so that the everyday test is short. */
	caughtBySeed?: number;
	log?: Wrap<InputLog>;
	chainStore?: Wrap<ChainStorage>;
	transactionStore?: Wrap<TransactionStorage>;
	outbox?: Wrap<OutboxStore>;
	gateway?: Wrap<EngineGateway>;
	closing?: (check: typeof simulatedClosingCheck) => typeof simulatedClosingCheck;
	engine?: <State extends EngineState>(state: State) => State;
};
