import { expect } from "chai";
import type { PipelineStage } from "../../../../offchain/application/ports/WindowPipelineRepository.ts";
import { WindowPipelineService } from "../../../../offchain/application/services/WindowPipelineService.ts";
import type { EngineInput, TradeTrim, TrimTrades } from "../../../../offchain/domain/engine/EngineInput.ts";
import { ClosingCheck } from "../../../../offchain/domain/grid/closing/ClosingCheck.ts";
import { zoneId } from "../../../../offchain/domain/grid/zones.ts";
import type { Trade } from "../../../../offchain/domain/settlement/Trade.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";

describe("G10 a window is verified before it is planned", () => {
	const check = new ClosingCheck(loadThaiNetwork());

	/** Plans one window and stops there, or waits; returns the alarms and what the engine was told. */
	async function plan(energyWh: number): Promise<{ alarms: string[]; inputs: EngineInput[] }> {
		const alarms: string[] = [];
		const inputs: EngineInput[] = [];
		let stage: PipelineStage = "closed";
		const trade = { tradeId: "1-1", sellZoneId: zoneId("S1"), buyZoneId: zoneId("S2"), energyWh } as Trade;
		const service = new WindowPipelineService({
			pipelines: {
				byWindow: async () => ({ windowId: 5, stage }),
				chunks: async () => [],
				postpone: async () => undefined,
				ordersOf: async () => {
					stage = "reconciled";
					throw new Error("planned");
				},
			} as never,
			trades: { ofWindow: async () => [trade] } as never,
			readings: {} as never,
			chain: { window: async () => ({ status: "none", nextChunk: 0 }) } as never,
			reconcile: async () => ({}) as never,
			closing: {
				check: (trades) => check.check(trades),
				engine: {
					submit: async (input) => {
						inputs.push(input);
						return { status: "applied", sequence: 1, events: [] };
					},
				},
			},
			maxTradesPerChunk: 100,
			pauseMillis: 1,
			onAlarm: (_windowId, message) => alarms.push(message),
		});
		await service.advance(5).catch((error: Error) => expect(error.message).to.equal("planned"));
		return { alarms, inputs };
	}

	it("default: a secure window passes in silence", async () => {
		expect(await plan(50_000)).to.deep.equal({ alarms: [], inputs: [] });
	});

	it("behavior: an insecure one is trimmed before it is planned, and a person is told", async () => {
		const { alarms, inputs } = await plan(40_000_000);
		expect(alarms).to.have.length(1);
		expect(alarms[0]).to.match(/closing power flow fails: .+–.+ carries \d+ Wh of \d+ Wh; \d+ Wh of 1 trades go/);
		expect(inputs).to.have.length(1);
		const [input] = inputs as [TrimTrades];
		expect(input).to.include({ type: "TrimTrades", windowId: 5 });
		const [trim] = input.trims as [TradeTrim];
		expect(trim.tradeId).to.equal("1-1");
		expect(trim.keptWh + trim.trimmedWh).to.equal(40_000_000);
		expect(trim.element).to.match(/–/);
		expect((await plan(trim.keptWh)).inputs).to.deep.equal([]);
	});
});
