import { AreaController } from "../../domain/grid/balancing/AreaController.ts";
import { areaControlErrorMw } from "../../domain/grid/balancing/areaControlError.ts";
import { gridBalancingOrders } from "../../domain/grid/balancing/gridBalancingOrders.ts";
import {
	activateReserves,
	areaRequirementMw,
	FULL_ACTIVATION_SECONDS,
	procureReserves,
	type ReserveOffer,
	type ReserveRequirement,
	reserveRequirementMw,
} from "../../domain/grid/balancing/reserves.ts";
import type { GridConditions } from "../../domain/grid/telemetry/GridConditions.ts";
import type { TelemetryScan } from "../../domain/grid/telemetry/TelemetryScan.ts";
import type { Order } from "../../domain/orders/Order.ts";
import { WH_PER_MW_WINDOW } from "../../domain/units/units.ts";
import { type WindowId, windowAt, windowStart } from "../../domain/units/window.ts";
import type {
	BalancingActivation,
	BalancingRecord,
	BalancingWindow,
	RecordedBalancing,
	RegisteredReserve,
	ReserveRoster,
} from "../ports/Balancing.ts";
import type { Clock } from "../ports/Clock.ts";
import type { EngineQueries } from "../ports/EngineQueries.ts";
import type { GridSystemAdapter } from "../ports/GridSystemAdapter.ts";
import type { OperatorDesk } from "../ports/OperatorDesk.ts";
import type { OrderRepository } from "../ports/OrderRepository.ts";

/** Reserve is bought this long before delivery, when the demand forecast is good; providers then keep it free. */
const PROCURE_LEAD_SECONDS = 40 * 60;
/** Energy is called after the cross-zone gate and before gate closure: with the freshest error that can still be traded. */
const ACTIVATE_LEAD_SECONDS = 10 * 60;
const LEAST_LEAD_SECONDS = 5 * 60 + 30;
/** Less than this is left to the secondary reserve, Wh. */
const LEAST_NEED_WH = 100;
const MAX_ATTEMPTS = 5;
const RETRY_MARKET_MILLIS = 15_000;
const WINDOWS_REMEMBERED = 512;
const MAX_OWN_ORDERS = 100;
const WATTS_PER_MW = 1_000_000;
const PPM = 1_000_000;
type Direction = ReserveOffer["direction"];

/** The operator's meters at the balancing point of a zone: where energy bought is used up, and where surplus is sold from. */
export type BalancingPoint = { zoneId: number; buyMeterId: number; sellMeterId: number | null };

export type BalancingTerms = {
	/** What a kWh within one zone costs on top of the seller's price. */
	adderSatPerKwh: (zoneId: number) => number;
	floorSatPerKwh: number;
	ceilingSatPerKwh: number;
};

export type BalancingOptions = {
	telemetry: Pick<GridSystemAdapter, "current" | "subscribe">;
	engineQueries: Pick<EngineQueries, "sessions">;
	orders: Pick<OrderRepository, "find">;
	roster: ReserveRoster;
	record: BalancingRecord;
	desk: OperatorDesk;
	points: readonly BalancingPoint[];
	clock: Clock;
	/** Demand the area answers for, MW. */
	areaMw: number;
	/** Largest unit of the whole system, MW. */
	largestUnitMw: number;
	/** Of the whole system, MW per 0.1 Hz. */
	biasMwPerTenthHertz: number;
	/** The terms of trade in a window. */
	termsAt: (windowId: WindowId) => Promise<BalancingTerms>;
	/** Windows balanced; by default every open one. */
	firstWindow?: WindowId;
	lastWindow?: WindowId | null;
	/** For people: what is missing or was refused. */
	onNotice: (line: string) => void;
};

/** The area now: what automatic control sees and gives. */
export type AreaControl = {
	measuredAtMillis: number;
	areaControlErrorW: number;
	/** What automatic control asks of the secondary reserve, W; positive up. */
	correctionW: number;
	secondaryW: number;
};

/** `isActing` while orders are being placed. */
type Held = RecordedBalancing & { isActing: boolean };

/**
 * The system operator's balancing of one area (SPEC G7): reserve for every window by merit order, automatic control over
 * the secondary part of it, and, shortly before gate closure, the energy the correction showed to be needed, called by
 * merit order and bought or sold as GridBalancing orders through the public order path. Delivery, shortfall and money of
 * that energy are settled as any other trade's. Acts only on fresh telemetry; what no offer covers is told, never hidden.
 */
export class BalancingService {
	readonly #options: BalancingOptions;
	readonly #held = new Map<WindowId, Held>();
	readonly #controller = new AreaController();
	#control: AreaControl | null = null;
	#unsubscribe: () => void;

	constructor(options: BalancingOptions) {
		this.#options = options;
		this.#unsubscribe = options.telemetry.subscribe((scan) => this.#measure(scan));
	}

	stop(): void {
		this.#unsubscribe();
	}

	/** Null before the first scan. */
	control(): AreaControl | null {
		return this.#control;
	}

	/** Looks once at every open window: buys reserve where it is time, calls energy where it is time. */
	async refresh(): Promise<void> {
		const { clock, engineQueries, firstWindow = 0, lastWindow = null } = this.#options;
		for (const { windowId, state, haltedZoneIds } of await engineQueries.sessions()) {
			if (state !== "open" && state !== "crossZoneClosed") continue;
			if (windowId < firstWindow || (lastWindow !== null && windowId > lastWindow)) continue;
			const leadSeconds = windowStart(windowId) - clock.nowMillis() / 1000;
			if (leadSeconds > PROCURE_LEAD_SECONDS || leadSeconds < LEAST_LEAD_SECONDS) continue;
			const conditions = this.#options.telemetry.current();
			if (conditions === null || !conditions.isFresh) continue;
			const held =
				this.#held.get(windowId) ?? (await this.#resume(windowId)) ?? (await this.#procure(windowId, conditions));
			if (held === null || leadSeconds > ACTIVATE_LEAD_SECONDS || held.activation !== null || held.isActing) continue;
			held.isActing = true;
			try {
				held.activation = await this.#activate(windowId, held, new Set(haltedZoneIds));
				await this.#options.record.keepActivation(windowId, held.activation);
			} finally {
				held.isActing = false;
			}
		}
	}

	// ── automatic control ────────────────────────────────────────────────────────────────────────────────────

	/** Every accepted scan moves the controller. Its frequency is the whole area's: another zone's scan counts alike. */
	#measure(scan: TelemetryScan): void {
		const conditions = this.#options.telemetry.current();
		if (conditions === null || !conditions.isFresh) return;
		const measuredAtMillis = scan.measuredAtMillis;
		if (this.#control !== null && measuredAtMillis <= this.#control.measuredAtMillis) return;
		const share = this.#sharePartsPerMillion(conditions) / PPM;
		const errorMw = areaControlErrorMw(
			{ frequencyMillihertz: scan.frequencyMillihertz, actualExportMw: 0, scheduledExportMw: 0 },
			this.#options.biasMwPerTenthHertz * share,
		);
		const secondaryMw = this.#holdAt(windowAt(measuredAtMillis / 1000));
		this.#controller.step(measuredAtMillis / 1000, errorMw);
		this.#control = {
			measuredAtMillis,
			areaControlErrorW: Math.round(errorMw * WATTS_PER_MW),
			correctionW: Math.round(this.#controller.correctionMw * WATTS_PER_MW),
			secondaryW: Math.round(secondaryMw * WATTS_PER_MW),
		};
	}

	/** Gives the controller what is held for the running window, or for the first one bought for; returns it, MW up. */
	#holdAt(windowId: WindowId): number {
		const held = this.#held.get(windowId) ?? [...this.#held.values()][0];
		if (held === undefined) return 0;
		const upMw = heldMw(held, "up", ["secondary"]);
		this.#controller.hold({
			upMw,
			downMw: heldMw(held, "down", ["secondary"]),
			fullActivationSeconds: FULL_ACTIVATION_SECONDS.secondary,
		});
		return upMw;
	}

	#sharePartsPerMillion({ zones }: GridConditions): number {
		const demandMw = zones.reduce((sum, zone) => sum + zone.demandMw, 0);
		return demandMw > 0 ? Math.min(PPM, (this.#options.areaMw * PPM) / demandMw) : 0;
	}

	// ── reserve ──────────────────────────────────────────────────────────────────────────────────────────────

	/** What an earlier process bought for the window. */
	async #resume(windowId: WindowId): Promise<Held | null> {
		const recorded = await this.#options.record.find(windowId);
		return recorded === null ? null : this.#hold(recorded);
	}

	async #procure(windowId: WindowId, conditions: GridConditions): Promise<Held | null> {
		const { roster, record, largestUnitMw, onNotice } = this.#options;
		const demandMw = conditions.zones.reduce((sum, zone) => sum + Math.max(zone.demandMw, zone.demandForecastMw), 0);
		if (demandMw === 0) return null;
		const system = reserveRequirementMw(demandMw, largestUnitMw);
		const up = areaRequirementMw(system, this.#sharePartsPerMillion(conditions));
		// Downward only the regulation band is required: surplus beyond it is not generated in the first place.
		const down: ReserveRequirement = { primary: 0, secondary: up.secondary, tertiary: 0 };
		const offers = await roster.offers(windowId);
		const procured = [
			...procureReserves(up, offers, "up").map((procurement) => ({ direction: "up" as const, procurement })),
			...procureReserves(down, offers, "down")
				.filter(({ requiredMw }) => requiredMw > 0)
				.map((procurement) => ({ direction: "down" as const, procurement })),
		];
		for (const { direction, procurement } of procured) {
			const { product, missingMw } = procurement;
			if (missingMw > 0)
				onNotice(`balancing: ${missingMw} MW of ${product} reserve ${direction} are offered by nobody`);
		}
		await record.keepProcurement({ windowId, procured, offers });
		return this.#hold({ windowId, procured, offers, activation: null });
	}

	#hold(recorded: RecordedBalancing): Held {
		const held: Held = { ...recorded, isActing: false };
		this.#held.set(recorded.windowId, held);
		for (const known of this.#held.keys()) if (known < recorded.windowId - WINDOWS_REMEMBERED) this.#held.delete(known);
		return held;
	}

	// ── energy ───────────────────────────────────────────────────────────────────────────────────────────────

	async #activate(
		windowId: WindowId,
		held: Held,
		halted: ReadonlySet<number>,
	): Promise<NonNullable<BalancingWindow["activation"]>> {
		const { clock, orders, desk, termsAt, onNotice } = this.#options;
		const earlier = await orders.find({ account: desk.account, windowId, limit: MAX_OWN_ORDERS });
		const meanCorrectionMw = this.#controller.meanCorrectionMw();
		// After a restart half-way the orders placed before say what was needed.
		const orderedWh = earlier.reduce((sum, { order }) => sum + (order.side === "buy" ? 1 : -1) * order.energyWh, 0);
		const wantedWh = earlier.length > 0 ? orderedWh : Math.round(meanCorrectionMw * WH_PER_MW_WINDOW);
		const neededWh = Math.abs(wantedWh) < LEAST_NEED_WH ? 0 : wantedWh;
		const direction: Direction = neededWh >= 0 ? "up" : "down";
		const usable = this.#callable(held, direction, halted);
		const { activations, missingWh } = activateReserves(Math.abs(neededWh), usable, direction);
		const called = activations.map(({ offerId, calledWh, energySatPerKwh }): BalancingActivation => {
			const { zoneId, meterId } = usable.find((offer) => offer.offerId === offerId) as RegisteredReserve;
			return { offerId, zoneId, meterId, direction, calledWh, energySatPerKwh };
		});
		if (missingWh > 0) onNotice(`balancing: ${missingWh} Wh ${direction} for window ${windowId} are held by nobody`);
		const activation: NonNullable<BalancingWindow["activation"]> = {
			atSeconds: Math.floor(clock.nowMillis() / 1000),
			meanCorrectionW: Math.round(meanCorrectionMw * WATTS_PER_MW),
			neededWh,
			called,
			reducedWh: called.reduce((sum, { meterId, calledWh }) => sum + (meterId === null ? calledWh : 0), 0),
			missingWh,
			orders: earlier.map(({ orderHash, order, filledWh }) => {
				const zoneId = this.#options.points.find((point) => isAt(point, order.meterId))?.zoneId ?? 0;
				return { orderHash, zoneId, energyWh: order.energyWh, priceSatPerKwh: order.priceSatPerKwh, filledWh };
			}),
			refusals: [],
		};
		if (earlier.length > 0) return activation;
		for (const order of this.#ordersFor(windowId, called, await termsAt(windowId))) {
			const answer = await this.#place(order);
			const { energyWh: wh, priceSatPerKwh: price } = order;
			const zoneId = this.#options.points.find((point) => isAt(point, order.meterId))?.zoneId as number;
			if (answer.status === "accepted") {
				const { orderHash } = answer;
				activation.orders.push({ orderHash, zoneId, energyWh: wh, priceSatPerKwh: price, filledWh: 0 });
				continue;
			}
			const why = answer.status === "rejected" ? `${answer.reason} (${answer.detail})` : answer.detail;
			activation.refusals.push(`${why}: ${wh} Wh in zone ${zoneId}`);
			onNotice(`balancing: the order of ${wh} Wh in zone ${zoneId} for window ${windowId} was not taken: ${why}`);
		}
		return activation;
	}

	/** Held secondary and tertiary capacity where trade is allowed, as energy of one window. */
	#callable(held: Held, direction: Direction, halted: ReadonlySet<number>) {
		return held.offers.flatMap((offer) => {
			if (offer.direction !== direction || halted.has(offer.zoneId)) return [];
			if (offer.meterId !== null && this.#meterAt(offer.zoneId, direction) === null) return [];
			const mw = heldMw(held, direction, ["secondary", "tertiary"], offer.offerId);
			return [{ ...offer, availableWh: Math.floor(mw * WH_PER_MW_WINDOW) }];
		});
	}

	#meterAt(zoneId: number, direction: Direction): number | null {
		const point = this.#options.points.find((each) => each.zoneId === zoneId);
		if (point === undefined) return null;
		return direction === "up" ? point.buyMeterId : point.sellMeterId;
	}

	/**
	 * One order for each zone with calls, at the price of the dearest called there: cheaper energy in the book goes first,
	 * and every provider is paid the same.
	 */
	#ordersFor(windowId: WindowId, called: readonly BalancingActivation[], terms: BalancingTerms): Order[] {
		const { desk } = this.#options;
		const { adderSatPerKwh, floorSatPerKwh, ceilingSatPerKwh } = terms;
		const bought = called.filter(({ meterId }) => meterId !== null);
		const zones = [...new Set(bought.map(({ zoneId }) => zoneId))].sort((a, b) => a - b);
		return zones.flatMap((zoneId, index) => {
			const here = bought.filter((each) => each.zoneId === zoneId);
			const isUp = here[0]?.direction === "up";
			const prices = here.map(({ energySatPerKwh }) => energySatPerKwh);
			const price = isUp ? Math.max(...prices) + adderSatPerKwh(zoneId) : Math.min(...prices) - adderSatPerKwh(zoneId);
			const limitSatPerKwh = Math.min(ceilingSatPerKwh, Math.max(floorSatPerKwh, price));
			const wh = here.reduce((sum, { calledWh }) => sum + calledWh, 0);
			return gridBalancingOrders({
				operator: desk.account,
				epoch: 0,
				firstSequence: index + 1,
				windowId,
				needWh: isUp ? wh : -wh,
				meters: [{ meterId: this.#meterAt(zoneId, isUp ? "up" : "down") as number, weight: 1 }],
				floorSatPerKwh: limitSatPerKwh,
				ceilingSatPerKwh: limitSatPerKwh,
			});
		});
	}

	async #place(order: Order) {
		const { desk, clock } = this.#options;
		for (let attempt = 1; ; attempt++) {
			const answer = await desk.place(order);
			if (answer.status !== "unavailable" || attempt === MAX_ATTEMPTS) return answer;
			await clock.sleepUntil(clock.nowMillis() + RETRY_MARKET_MILLIS);
		}
	}
}

function isAt({ buyMeterId, sellMeterId }: BalancingPoint, meterId: number): boolean {
	return buyMeterId === meterId || sellMeterId === meterId;
}

function heldMw({ procured }: Held, direction: Direction, products: readonly string[], offerId?: string): number {
	let mw = 0;
	for (const { direction: side, procurement } of procured) {
		if (side !== direction || !products.includes(procurement.product)) continue;
		for (const each of procurement.accepted)
			if (offerId === undefined || each.offerId === offerId) mw += each.capacityMw;
	}
	return mw;
}
