import fc from "fast-check";
import type { FeederNode, GridLimits } from "../../../../offchain/domain/grid/GridLimits.ts";
import type { TradePath } from "../../../../offchain/domain/grid/WindowHeadroom.ts";
import { ZONE_COUNT } from "../../../../offchain/domain/grid/zones.ts";

const ZONES_IN_USE = 5;

const factors = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), {
	minLength: ZONE_COUNT,
	maxLength: ZONE_COUNT,
});

const element = fc.record({
	ptdfPartsPerMillion: factors,
	upWh: fc.integer({ min: 0, max: 40_000_000 }),
	downWh: fc.integer({ min: 0, max: 40_000_000 }),
	lossCoefficientPerWh: fc.double({ min: 0, max: 1e-9, noNaN: true }),
	referenceFlowWh: fc.integer({ min: -50_000_000, max: 50_000_000 }),
});

/** Two-level trees: nodes 1–4 of each zone hang on the zone or on one of the first two. */
const tree = fc
	.array(
		fc.record({
			parent: fc.integer({ min: 0, max: 2 }),
			exportWh: fc.integer({ min: 0, max: 9_000_000 }),
			importWh: fc.integer({ min: 0, max: 9_000_000 }),
		}),
		{ minLength: 4, maxLength: 4 },
	)
	.map(
		(nodes) =>
			(zoneId: number): FeederNode[] =>
				nodes.map(({ parent, exportWh, importWh }, index) => ({
					nodeId: zoneId * 10 + index + 1,
					parentNodeId: index < 2 || parent === 0 ? 0 : zoneId * 10 + parent,
					zoneId,
					name: `node ${zoneId}.${index + 1}`,
					exportWh,
					importWh,
				})),
	);

export const arbitraryLimits: fc.Arbitrary<GridLimits> = fc
	.record({
		elements: fc.array(element, { minLength: 1, maxLength: 8 }),
		trees: fc.array(tree, { minLength: ZONES_IN_USE, maxLength: ZONES_IN_USE }),
		losses: fc.array(fc.integer({ min: 0, max: 80_000 }), { minLength: ZONE_COUNT, maxLength: ZONE_COUNT }),
	})
	.map(({ elements, trees, losses }) => ({
		elements: elements.map((row, index) => ({ ...row, name: `line ${index}` })),
		nodes: trees.flatMap((make, zone) => make(zone + 1)),
		distributionLossPartsPerMillion: losses,
	}));

const end = fc.record({ zone: fc.integer({ min: 1, max: ZONES_IN_USE }), node: fc.integer({ min: 0, max: 4 }) });

export const arbitraryPath: fc.Arbitrary<TradePath> = fc.tuple(end, end).map(([sell, buy]) => ({
	sellZoneId: sell.zone,
	sellNodeId: sell.node === 0 ? 0 : sell.zone * 10 + sell.node,
	buyZoneId: buy.zone,
	buyNodeId: buy.node === 0 ? 0 : buy.zone * 10 + buy.node,
}));
