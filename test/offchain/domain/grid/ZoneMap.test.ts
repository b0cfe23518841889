import { readFileSync } from "node:fs";
import { expect } from "chai";
import { greatCircleKm } from "../../../../offchain/domain/grid/GridLocation.ts";
import { zoneCode } from "../../../../offchain/domain/grid/zones.ts";
import { loadZoneMap } from "../../../../offchain/infrastructure/grid/loadZoneMap.ts";

const map = loadZoneMap();

describe("U3 where a meter is", () => {
	const places: [string, number, number, string, string][] = [
		["Grand Palace", 13.75, 100.4913, "MEA", "Bangkok Metropolis"],
		["Pathum Thani town, inside MEA's bounding box", 14.02, 100.53, "C1", "Pathum Thani"],
		["Chiang Mai", 18.7883, 98.9853, "N1", "Chiang Mai"],
		["Hat Yai", 7.0086, 100.4747, "S3", "Songkhla"],
		["Khon Kaen", 16.4419, 102.836, "NE1", "Khon Kaen"],
	];
	for (const [name, latitude, longitude, zone, province] of places) {
		it(`default: ${name} is in ${zone}`, () => {
			const location = map.locate(latitude, longitude);
			expect(location?.province).to.equal(province);
			expect(zoneCode(location?.zoneId as number)).to.equal(zone);
			expect(location?.licensee).to.equal(zone === "MEA" ? "MEA" : "PEA");
		});
	}

	it("invariant: each province's published centroid lies in its own zone, where it lies in the province at all", () => {
		const { provinces } = JSON.parse(
			readFileSync(new URL("../../../../data/network/thai-zones.json", import.meta.url), "utf8"),
		) as { provinces: { province: string; zone: string; centroid_lon_lat: [number, number] }[] };
		expect(map.provinces).to.have.length(77);
		for (const { province, zone, centroid_lon_lat } of provinces) {
			const found = map.locate(centroid_lon_lat[1], centroid_lon_lat[0]);
			if (found?.province === province) expect(zoneCode(found.zoneId)).to.equal(zone);
		}
	});

	it("error: places outside Thailand and broken coordinates are nowhere", () => {
		expect(map.locateZone(48.85, 2.35)).to.equal(null);
		expect(map.locateZone(Number.NaN, 100)).to.equal(null);
	});

	it("default: great-circle distance", () => {
		const bangkok = { latitude: 13.7563, longitude: 100.5018 };
		const chiangMai = { latitude: 18.7883, longitude: 98.9853 };
		expect(greatCircleKm(bangkok, chiangMai)).to.be.closeTo(582.5, 1);
		expect(greatCircleKm(bangkok, bangkok)).to.equal(0);
		expect(greatCircleKm({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 })).to.be.closeTo(20_015.1, 0.1);
	});
});
