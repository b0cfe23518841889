import { expect } from "chai";
import { thaiGridLimits } from "../../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { ZonalWindowHeadroom } from "../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { zoneId } from "../../../../offchain/domain/grid/zones.ts";
import { InProcessGridQueries } from "../../../../offchain/infrastructure/engine/InProcessGridQueries.ts";
import type { RunningEngine } from "../../../../offchain/infrastructure/engine/RunningEngine.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { gridImpact } from "../../../../offchain/infrastructure/http/messages/gridMessages.ts";

const S1 = zoneId("S1");
const S2 = zoneId("S2");

describe("G9 GetGridImpact", () => {
	const headroom = new ZonalWindowHeadroom(thaiGridLimits(loadThaiNetwork()));
	const engine = {
		headroom: (windowId: number) => (windowId === 1 ? headroom : null),
		charges: () => ({ lossSatPerKwh: 2, wheelingSatPerKwh: 19, congestionSatPerKwh: 4, platformSatPerKwh: 1 }),
		session: () => null,
	} as Partial<RunningEngine> as RunningEngine;
	const queries = new InProcessGridQueries({ read: async (look) => look(engine, 5, 0) });
	const ask = (energyWh: number, windowId = 1) =>
		queries.impact({ windowId, sellZoneId: S1, sellNodeId: 0, buyZoneId: S2, buyNodeId: 0, energyWh });

	it("default: elements before and after, loss, congestion, and the largest trade with what limits it", async () => {
		headroom.reserve({ sellZoneId: S1, sellNodeId: 0, buyZoneId: S2, buyNodeId: 0 }, 40_000);
		const impact = await ask(10_000);
		expect(gridImpact.parse(impact)).to.deep.equal(impact);
		expect(impact).to.deep.include({ admittedWh: 10_000, limitingElement: null, congestionSatPerKwh: 4 });
		expect(impact.lossWh).to.be.greaterThan(0);
		expect(impact.maxAdmissibleWh).to.be.greaterThan(10_000);
		const limiting = impact.affected.find(({ name }) => name === impact.maxLimitingElement);
		expect(limiting?.beforeWh).to.not.equal(limiting?.afterWh);
		// The limit it tells is the limit that holds.
		const all = await ask(impact.maxAdmissibleWh);
		expect(all.admittedWh).to.equal(impact.maxAdmissibleWh);
		const beyond = await ask(impact.maxAdmissibleWh + 1);
		expect(beyond).to.deep.include({
			admittedWh: impact.maxAdmissibleWh,
			limitingElement: impact.maxLimitingElement,
		});
	});

	it("invariant: asking changes nothing", async () => {
		const before = headroom.snapshot();
		await ask(123_456);
		expect(headroom.snapshot()).to.deep.equal(before);
	});

	it("error: a window without limits admits nothing", async () => {
		expect(await ask(5, 2)).to.deep.include({ admittedWh: 0, maxAdmissibleWh: 0, affected: [] });
	});
});
