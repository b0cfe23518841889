import type { OperatorDesk } from "../../application/ports/OperatorDesk.ts";
import type { GridTokenXClient } from "../../client/GridTokenXClient.ts";
import { LocalKeySigner } from "../../client/LocalKeySigner.ts";
import { orderHash } from "../../domain/orders/orderHash.ts";
import type { OrderDomain } from "../../domain/orders/orderTypedData.ts";
import type { Hex } from "../../domain/units/Address.ts";

/** Signs with the system operator's key and places through the public API. */
export function apiDesk(
	privateKey: Hex,
	domain: OrderDomain,
	/** The public API; null while it is not up. */
	client: () => GridTokenXClient | null,
): OperatorDesk {
	const signer = new LocalKeySigner(privateKey);
	return {
		account: signer.address,
		async place(order) {
			const api = client();
			if (api === null) return { status: "unavailable", detail: "the API is not up yet" };
			const signature = await signer.signOrder(order, domain);
			const answer = await api.submitOrder({ order, signature });
			if (answer.status === "accepted") return { status: "accepted", orderHash: orderHash(order, domain) };
			if (answer.status !== "rejected") return { status: "unavailable", detail: `${answer.code}: ${answer.detail}` };
			return { status: "rejected", orderHash: answer.orderHash, reason: answer.code, detail: answer.detail };
		},
	};
}
