import type { OrderClass, SelfTradeMode, Side, TimeInForce } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { TimeOfUseCalendar } from "../../domain/pricing/TimeOfUseCalendar.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { MeterModel } from "../meters/MeterModel.ts";
import type { Participant } from "../participants/Participant.ts";
import type { Tariffs } from "./Tariffs.ts";

/** What a strategy wants of one order, before it has a sequence and a signature. */
export type OrderIntent = {
	meterId: number;
	side: Side;
	priceSatPerKwh: number;
	energyWh: number;
	/** When it is sent, seconds before delivery begins. */
	leadSeconds: number;
	orderClass?: OrderClass;
	timeInForce?: TimeInForce;
	postOnly?: boolean;
	selfTradeMode?: SelfTradeMode;
	validUntil?: number;
	/** Reasons for which the trader expects that it may be refused, or intends it. Empty: it must be accepted. */
	expectedReasons?: ReasonCode[];
	/** Signed with a stranger's key, to be refused. */
	signedByStranger?: boolean;
	/** Carries the sequence of the order before it, to be refused. */
	repeatsSequence?: boolean;
	/** Withdrawn at this lead, and replaced where a replacement is given. */
	cancel?: { leadSeconds: number; replacement?: OrderIntent };
};

export type StrategyContext = {
	seed: number;
	windowId: WindowId;
	meters: MeterModel;
	tariffs: Tariffs;
	calendar: TimeOfUseCalendar;
	/** Everyone, for those who misuse another's meter. */
	population: readonly Participant[];
};

/** Pure: the same participant and window give the same intents, so a restarted market continues with the same orders. */
export type Strategy = (participant: Participant, context: StrategyContext) => OrderIntent[];
