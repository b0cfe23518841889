import type { Clock } from "../../application/ports/Clock.ts";
import type { GridTokenXClient } from "../../client/GridTokenXClient.ts";
import type { SetMeterForecast } from "../../domain/engine/EngineInput.ts";
import type { TelemetryScan } from "../../domain/grid/telemetry/TelemetryScan.ts";
import type { ThaiNetwork } from "../../domain/grid/thai/ThaiNetwork.ts";
import type { Licensee, ZoneCode } from "../../domain/grid/zones.ts";
import type { OrderDomain } from "../../domain/orders/orderTypedData.ts";
import type { Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { loadThaiNetwork } from "../../infrastructure/grid/loadThaiNetwork.ts";
import { AuthoritySimulator, type DirectiveDesk, type ZoneHalt } from "../authorities/AuthoritySimulator.ts";
import { ControlRoomModel } from "../controlroom/ControlRoomModel.ts";
import { ControlRoomSimulator } from "../controlroom/ControlRoomSimulator.ts";
import { ApiOrderEntry } from "../market/ApiOrderEntry.ts";
import { explainRejection } from "../market/explainRejection.ts";
import { SimulatedMarket } from "../market/SimulatedMarket.ts";
import type { RecordedRejection } from "../market/WindowTally.ts";
import { ApiReadingEntry } from "../meters/ApiReadingEntry.ts";
import { ForecastFeed } from "../meters/ForecastFeed.ts";
import { MeterFleet } from "../meters/MeterFleet.ts";
import { ReserveProviders } from "../reserves/ReserveProviders.ts";
import type { Scenario } from "./createScenario.ts";

export type SimulationOptions = {
	scenario: Scenario;
	clock: Clock;
	client: GridTokenXClient;
	/** The settlement contract's domain, of orders and readings. */
	domain: OrderDomain;
	attesterKeys: Partial<Record<Licensee, Hex>>;
	/** EGAT's Safe. */
	desk: DirectiveDesk;
	/** The first window ever traded, the same after every restart. */
	firstWindow: WindowId;
	/** The last one; null = until stopped. */
	lastWindow: WindowId | null;
	/** Takes a window's forecasts as engine inputs. */
	submitForecasts: (forecasts: SetMeterForecast[]) => Promise<void>;
	/** Net export by zone of a window's trades, Wh. */
	tradedNetExportWh: (windowId: WindowId) => Promise<ReadonlyMap<ZoneCode, number>>;
	/** Signs a scan and hands it in through the API. */
	publishTelemetry: (scan: TelemetryScan) => Promise<void>;
	/** The network whose flows the control room measures; by default the shipped one. */
	network?: ThaiNetwork;
	onHalted?: (halt: ZoneHalt, transactionHash: Hash32) => void;
};

const SCAN_MARKET_SECONDS = 60;

/** Everything outside the exchange, in one: participants, meters, forecasts, EGAT and its control room. */
export class Simulation {
	readonly market: SimulatedMarket;
	readonly fleet: MeterFleet;
	readonly controlRoom: ControlRoomSimulator;
	readonly #desk: DirectiveDesk;
	readonly #authority: AuthoritySimulator;
	readonly #forecasts: ForecastFeed;
	readonly #providers: ReserveProviders | null;

	constructor(options: SimulationOptions) {
		const { scenario, clock, client, domain, desk, firstWindow, lastWindow } = options;
		const { model, context, profiles, reserves } = scenario;
		const population = [...scenario.population, ...(reserves?.participants ?? [])];
		this.#desk = desk;
		this.market = new SimulatedMarket({
			clock,
			entry: new ApiOrderEntry(client),
			domain,
			context,
			firstWindow,
			lastWindow,
		});
		this.fleet = new MeterFleet({
			clock,
			entry: new ApiReadingEntry(client),
			domain,
			population,
			model,
			attesterKeys: options.attesterKeys,
			firstWindow,
			lastWindow,
		});
		this.controlRoom = new ControlRoomSimulator({
			clock,
			model: new ControlRoomModel({
				profiles,
				network: options.network ?? loadThaiNetwork(),
				seed: scenario.seedNumber,
				sourceId: "EGAT",
			}),
			scanSeconds: SCAN_MARKET_SECONDS,
			tradedNetExportWh: options.tradedNetExportWh,
			publish: options.publishTelemetry,
		});
		this.#authority = new AuthoritySimulator({
			clock,
			desk,
			halt: scenario.halt(firstWindow),
			onHalted: options.onHalted,
		});
		this.#forecasts = new ForecastFeed({
			clock,
			population,
			model,
			submit: options.submitForecasts,
			firstWindow,
			lastWindow,
		});
		this.#providers =
			reserves === null
				? null
				: new ReserveProviders({
						clock,
						entry: new ApiOrderEntry(client),
						domain,
						balancing: (windowId) => client.balancing(windowId),
						providerOf: reserves.providerOf,
						firstWindow,
						lastWindow,
					});
	}

	/**
	 * Runs until stopped; with a last window, until its readings are handed in. A part that fails stops the others and
	 * rejects: a market without its meters would trade energy nobody measures.
	 */
	async run(signal: AbortSignal): Promise<void> {
		const stop = new AbortController();
		const all = AbortSignal.any([signal, stop.signal]);
		const room = this.controlRoom.run(all);
		const parts = [this.market.run(all), this.fleet.run(all), this.#forecasts.run(all), this.#authority.run(all)];
		if (this.#providers !== null) parts.push(this.#providers.run(all));
		try {
			await Promise.all(parts);
		} finally {
			stop.abort();
			await Promise.allSettled([...parts, room]);
		}
	}

	/** Rejections nobody expected in these windows, one line each. Throws when the chain cannot be asked. */
	async unexplained(windowIds: readonly WindowId[]): Promise<string[]> {
		const lines: string[] = [];
		for (const windowId of windowIds) {
			const rejections = this.#rejections(windowId);
			if (rejections.length === 0) continue;
			const directives = await this.#desk.directivesFor(windowId);
			for (const rejection of rejections.filter((each) => explainRejection(each, directives) === null)) {
				const { participant, reason, detail, orderHash } = rejection;
				lines.push(`${participant}: ${reason} (${detail}), order ${orderHash}`);
			}
		}
		return lines;
	}

	/** Every refusal of a window's orders since this process began, for a report that has to count those no table holds. */
	refusals(windowId: WindowId): { orderHash: Hash32; reason: string }[] {
		return this.#rejections(windowId);
	}

	#rejections(windowId: WindowId): RecordedRejection[] {
		return [...(this.market.tally(windowId)?.rejections ?? []), ...(this.#providers?.rejections(windowId) ?? [])];
	}

	/** What does not work at the moment; null where all is well. */
	get problem(): string | null {
		return this.#authority.problem ?? this.fleet.problem;
	}
}
