import type { LocalAccount } from "viem";
import {
	CANCEL_TYPES,
	type CancelAllOrdersMessage,
	type CancelOrderMessage,
} from "../domain/orders/cancelTypedData.ts";
import type { Order } from "../domain/orders/Order.ts";
import { ORDER_TYPES, type OrderDomain, orderMessage } from "../domain/orders/orderTypedData.ts";
import type { Address, Hex } from "../domain/units/Address.ts";
import type { OrderSigner } from "./OrderSigner.ts";

/** Signs with any viem account that can sign typed data: a mnemonic, a hardware wallet, a key service. */
export class ViemAccountSigner implements OrderSigner {
	readonly address: Address;
	private readonly account: Pick<LocalAccount, "address" | "signTypedData">;

	constructor(account: Pick<LocalAccount, "address" | "signTypedData">) {
		this.account = account;
		this.address = account.address.toLowerCase() as Address;
	}

	signOrder(order: Order, domain: OrderDomain): Promise<Hex> {
		const message = orderMessage(order);
		return this.account.signTypedData({ domain, types: ORDER_TYPES, primaryType: "Order", message });
	}

	signCancelOrder(message: CancelOrderMessage, domain: OrderDomain): Promise<Hex> {
		return this.account.signTypedData({ domain, types: CANCEL_TYPES, primaryType: "CancelOrder", message });
	}

	signCancelAllOrders(message: CancelAllOrdersMessage, domain: OrderDomain): Promise<Hex> {
		return this.account.signTypedData({ domain, types: CANCEL_TYPES, primaryType: "CancelAllOrders", message });
	}
}
