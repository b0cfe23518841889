import { expect } from "chai";
import type { PipelineStage } from "../../../../offchain/application/ports/WindowPipelineRepository.ts";
import { WindowPipelineService } from "../../../../offchain/application/services/WindowPipelineService.ts";
import { ClosingCheck } from "../../../../offchain/domain/grid/closing/ClosingCheck.ts";
import { zoneId } from "../../../../offchain/domain/grid/zones.ts";
import type { Trade } from "../../../../offchain/domain/settlement/Trade.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";

describe("G10 a window is verified before it is planned", () => {
	const check = new ClosingCheck(loadThaiNetwork());

	/** Plans one window and stops there; returns the alarms. */
	async function plan(energyWh: number): Promise<string[]> {
		const alarms: string[] = [];
		let stage: PipelineStage = "closed";
		const trade = { tradeId: "1-1", sellZoneId: zoneId("S1"), buyZoneId: zoneId("S2"), energyWh } as Trade;
		const service = new WindowPipelineService({
			pipelines: {
				byWindow: async () => ({ windowId: 5, stage }),
				chunks: async () => [],
				ordersOf: async () => {
					stage = "reconciled";
					throw new Error("planned");
				},
			} as never,
			trades: { ofWindow: async () => [trade] } as never,
			readings: {} as never,
			chain: { window: async () => ({ status: "none", nextChunk: 0 }) } as never,
			reconcile: async () => ({}) as never,
			closingCheck: (trades) => check.check(trades),
			maxTradesPerChunk: 100,
			pauseMillis: 1,
			onAlarm: (_windowId, message) => alarms.push(message),
		});
		await service.advance(5).catch((error: Error) => expect(error.message).to.equal("planned"));
		return alarms;
	}

	it("default: a secure window passes in silence", async () => {
		expect(await plan(50_000)).to.deep.equal([]);
	});

	it("behavior: an insecure one raises an alarm that names the element and what is to go", async () => {
		const [alarm, ...more] = await plan(40_000_000);
		expect(more).to.deep.equal([]);
		expect(alarm).to.match(/closing power flow fails: .+–.+ carries \d+ Wh of \d+ Wh; \d+ Wh of 1 trades/);
	});
});
