import type { CancelAllOrdersMessage, CancelOrderMessage } from "../domain/orders/cancelTypedData.ts";
import type { Order } from "../domain/orders/Order.ts";
import type { OrderDomain } from "../domain/orders/orderTypedData.ts";
import type { Address, Hex } from "../domain/units/Address.ts";

/** Whoever holds a trader's key: a local key, a viem account, a wallet in the browser. */
export interface OrderSigner {
	/** Lower-case. */
	readonly address: Address;
	signOrder(order: Order, domain: OrderDomain): Promise<Hex>;
	signCancelOrder(message: CancelOrderMessage, domain: OrderDomain): Promise<Hex>;
	signCancelAllOrders(message: CancelAllOrdersMessage, domain: OrderDomain): Promise<Hex>;
}
