import { ApiError } from "../../client/ApiError.ts";
import type { GridTokenXClient } from "../../client/GridTokenXClient.ts";
import { LocalKeySigner } from "../../client/LocalKeySigner.ts";
import type { SignedOrder } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import type { Participant } from "../participants/Participant.ts";
import type { OrderAnswer, OrderEntry } from "./OrderEntry.ts";

/** The public API as the participants use it, through the client library and nothing else. */
export class ApiOrderEntry implements OrderEntry {
	readonly #client: GridTokenXClient;

	constructor(client: GridTokenXClient) {
		this.#client = client;
	}

	async place(signed: SignedOrder): Promise<OrderAnswer> {
		const answer = await this.#client.submitOrder(signed);
		if (answer.status === "accepted") return { status: "accepted" };
		if (answer.status === "rejected") return { status: "rejected", reason: answer.code, detail: answer.detail };
		return { status: "unavailable", detail: `${answer.code}: ${answer.detail}` };
	}

	async cancel(participant: Participant, orderHash: Hash32): Promise<OrderAnswer> {
		try {
			const answer = await this.#client.cancelOrder(new LocalKeySigner(participant.privateKey), orderHash);
			if (answer.status === "cancelled") return { status: "accepted" };
			return { status: "rejected", reason: answer.code as ReasonCode, detail: answer.detail };
		} catch (error) {
			if (error instanceof ApiError) return { status: "unavailable", detail: error.message };
			throw error;
		}
	}
}
