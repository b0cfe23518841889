import { expect } from "chai";
import type { PipelineStage } from "../../../../offchain/application/ports/WindowPipelineRepository.ts";
import { WindowPipelineService } from "../../../../offchain/application/services/WindowPipelineService.ts";

describe("X2 a window that was never committed", () => {
	/** The worker before has closed it on chain and died before it could write that down. */
	async function stageAfter(isVoided: boolean): Promise<PipelineStage> {
		let stage: PipelineStage = "planned";
		const service = new WindowPipelineService({
			pipelines: {
				byWindow: async () => ({ windowId: 5, stage }),
				advance: async (_windowId: number, next: PipelineStage) => {
					stage = next;
				},
			} as never,
			trades: {} as never,
			readings: {} as never,
			chain: { window: async () => ({ status: "expired", nextChunk: 0 }), isVoided: async () => isVoided } as never,
			reconcile: async () => ({}) as never,
			maxTradesPerChunk: 100,
			pauseMillis: 1,
			onAlarm: () => undefined,
		});
		return service.advance(5);
	}

	it("behavior: closed on chain by a worker that died, it is called missed, not expired: no settlement was due", async () => {
		expect(await stageAfter(false)).to.equal("missed");
	});

	it("behavior: voided by a directive it is called voided", async () => {
		expect(await stageAfter(true)).to.equal("voided");
	});
});
