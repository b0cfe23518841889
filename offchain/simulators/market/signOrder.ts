import { LocalKeySigner } from "../../client/LocalKeySigner.ts";
import type { Order, SignedOrder } from "../../domain/orders/Order.ts";
import { orderHash } from "../../domain/orders/orderHash.ts";
import type { OrderDomain } from "../../domain/orders/orderTypedData.ts";
import type { Hex } from "../../domain/units/Address.ts";

/** Signs an order as a trader's wallet does. */
export async function signOrder(order: Order, domain: OrderDomain, privateKey: Hex): Promise<SignedOrder> {
	const signature = await new LocalKeySigner(privateKey).signOrder(order, domain);
	return { order, orderHash: orderHash(order, domain), signature };
}
