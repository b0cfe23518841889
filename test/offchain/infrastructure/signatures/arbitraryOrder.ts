import fc from "fast-check";
import {
	ORDER_CLASSES,
	type Order,
	SELF_TRADE_MODES,
	SIDES,
	TIMES_IN_FORCE,
} from "../../../../offchain/domain/orders/Order.ts";
import { bytesHex } from "../../../../offchain/domain/signing/eip712.ts";
import { energyWh, priceSatPerKwh } from "../../../../offchain/domain/units/units.ts";

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });

/** Any order the types can carry, sensible or not. */
export const arbitraryOrder: fc.Arbitrary<Order> = fc.record({
	trader: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytesHex),
	meterId: uint32,
	windowId: uint32,
	side: fc.constantFrom(...SIDES),
	orderClass: fc.constantFrom(...ORDER_CLASSES),
	timeInForce: fc.constantFrom(...TIMES_IN_FORCE),
	postOnly: fc.boolean(),
	selfTradeMode: fc.constantFrom(...SELF_TRADE_MODES),
	priceSatPerKwh: fc.integer({ min: 0, max: 0xffff }).map(priceSatPerKwh),
	energyWh: uint32.map(energyWh),
	sequence: uint32,
	epoch: uint32,
	validUntil: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
	directiveId: uint32,
});
