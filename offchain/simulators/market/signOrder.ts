import { hashTypedData, serializeCompactSignature, signatureToCompactSignature } from "viem";
import { sign } from "viem/accounts";
import type { Order, SignedOrder } from "../../domain/orders/Order.ts";
import { ORDER_TYPES, type OrderDomain, orderMessage } from "../../domain/orders/orderTypedData.ts";
import type { Hex } from "../../domain/units/Address.ts";

/** Signs an order as a wallet does: EIP-712, 64 bytes (ERC-2098). */
export async function signOrder(order: Order, domain: OrderDomain, privateKey: Hex): Promise<SignedOrder> {
	const orderHash = hashTypedData({ domain, types: ORDER_TYPES, primaryType: "Order", message: orderMessage(order) });
	const { r, s, yParity } = await sign({ hash: orderHash, privateKey });
	const compact = signatureToCompactSignature({ r, s, yParity: yParity as number });
	return { order, orderHash, signature: serializeCompactSignature(compact) };
}
