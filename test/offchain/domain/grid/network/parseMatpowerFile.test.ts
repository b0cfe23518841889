import { expect } from "chai";
import { IndexedNetwork } from "../../../../../offchain/domain/grid/network/IndexedNetwork.ts";
import { parseMatpowerFile } from "../../../../../offchain/domain/grid/network/parseMatpowerFile.ts";
import { parseMatpowerJson } from "../../../../../offchain/domain/grid/network/parseMatpowerJson.ts";

/** Three buses in the file format's full width: comments, continuation, tabs, commas, a transformer, costs of both kinds. */
const FILE = `function mpc = tiny
%TINY  three buses
mpc.version = '2';
mpc.baseMVA = 50/5; % ten
mpc.bus = [ %% a header
	10	3	0	0	0	0	1	1	0	12.66	1	1.1	0.9;
	20	1	100	60	0	0	1	1	0	12.66	1	1.1	0.9;
	30, 2, 90, 40, 0, 0, 1, 1, -5, 12.66, 1, 1.1, 0.9
];
mpc.gen = [
	10	5	0	Inf	-Inf	1.02	100	1	250	0;
	30	1	0	10	-10	1	100	0	20	...
		-4;
];
mpc.branch = [
	10	20	0.0922	0.0470	0	0	0	0	0.98	-3	1	-360	360;
	20	30	0.4930	0.2511	0	5	6	7	0	0	1	-30	30;
];
mpc.gencost = [
	2	0	0	3	0.11	5	150	0;
	1	0	0	2	0	0	20	400;
];
mpc.bus_name = {
	'it''s one';
	'two % not a comment';
	'three';
};
`;

const CONVERSION = `
%% convert branch impedances from Ohms to p.u.
[PQ, PV, REF, NONE, BUS_I, BUS_TYPE, PD, QD, GS, BS, BUS_AREA, VM, ...
    VA, BASE_KV, ZONE, VMAX, VMIN, LAM_P, LAM_Q, MU_VMAX, MU_VMIN] = idx_bus;
[F_BUS, T_BUS, BR_R, BR_X, BR_B, RATE_A, RATE_B, RATE_C, ...
    TAP, SHIFT, BR_STATUS, PF, QF, PT, QT, MU_SF, MU_ST, ...
    ANGMIN, ANGMAX, MU_ANGMIN, MU_ANGMAX] = idx_brch;
Vbase = mpc.bus(1, BASE_KV) * 1e3;      %% in Volts
Sbase = mpc.baseMVA * 1e6;              %% in VA
mpc.branch(:, [BR_R BR_X]) = mpc.branch(:, [BR_R BR_X]) / (Vbase^2 / Sbase);
mpc.bus(:, [PD, QD]) = mpc.bus(:, [PD, QD]) / 1e3;
pf = 0.85;
mpc.bus(:, QD) = mpc.bus(:, PD) * sin(acos(pf));
mpc.bus(:, PD) = mpc.bus(:, PD) * pf;
fixed = 0;
if fixed
	mpc.bus(:, PD) = 0;
else
	mpc.gen(find(isinf(mpc.gen(:, 4)) & mpc.gen(:, 1) == 10), 4) = 9;
end
`;

const refusal = (run: () => unknown) => {
	try {
		run();
	} catch (error) {
		return (error as Error).message;
	}
	throw new Error("was not refused");
};

describe("G2 MATPOWER case files", () => {
	it("default: buses, generators, branches and costs with their numbers and limits", () => {
		const network = parseMatpowerFile("tiny", FILE);
		expect(network.baseMva).to.equal(10);
		expect(network.buses.map((bus) => [bus.number, bus.type, bus.demandMw, bus.angleDegrees])).to.deep.equal([
			[10, 3, 0, 0],
			[20, 1, 100, 0],
			[30, 2, 90, -5],
		]);
		expect(network.buses.map((bus) => bus.name)).to.deep.equal(["it's one", "two % not a comment", "three"]);
		expect(network.generators[0]).to.include({ maxMvar: Number.POSITIVE_INFINITY, inService: true, voltagePu: 1.02 });
		expect(network.generators[1]).to.include({ inService: false, minMw: -4 });
		expect(network.branches[0])
			.to.include({ tapRatio: 0.98, shiftDegrees: -3 })
			.and.not.have.property("minAngleDegrees");
		expect(network.branches[1]).to.include({ ratingAMva: 5, minAngleDegrees: -30, maxAngleDegrees: 30 });
		expect(network.costs).to.deep.equal([
			{ model: "polynomial", coefficients: [0.11, 5, 150] },
			{
				model: "piecewise",
				points: [
					[0, 0],
					[20, 400],
				],
			},
		]);
	});

	it("behavior: the closing statements bring ohms, kilowatts and power factors to per unit, MW and Mvar", () => {
		const network = parseMatpowerFile("tiny", FILE + CONVERSION);
		const baseOhm = 12.66e3 ** 2 / 10e6;
		expect(network.branches[0]?.resistancePu).to.be.closeTo(0.0922 / baseOhm, 1e-15);
		expect(network.branches[1]?.reactancePu).to.be.closeTo(0.2511 / baseOhm, 1e-15);
		expect(network.buses[1]?.demandMw).to.be.closeTo(0.1 * 0.85, 1e-15);
		expect(network.buses[1]?.demandMvar).to.be.closeTo(0.1 * Math.sin(Math.acos(0.85)), 1e-15);
		expect(network.generators[0]?.maxMvar).to.equal(9);
	});

	it("behavior: version 1, where the function returns plain matrices", () => {
		const file = FILE.replace("function mpc = tiny", "function [baseMVA, bus, gen, branch, areas, gencost] = tiny");
		expect(parseMatpowerFile("tiny", file.replaceAll("mpc.", ""))).to.deep.include({
			branches: parseMatpowerFile("tiny", FILE).branches,
		});
	});

	it("error: what cannot be read is named by line, row or matrix", () => {
		const parse = (from: string | RegExp, to: string) =>
			refusal(() => parseMatpowerFile("tiny", FILE.replace(from, to)));
		expect(parse("0.11	5	150	0;", "0.11	5	150;")).to.match(/line \d+: a row of/);
		expect(parse("50/5", "fifty/5")).to.match(/line 4: "fifty" is neither a value nor a function/);
		expect(parse("mpc.bus = [", "mpc.buses = [")).to.match(/tiny refused: no bus/);
		expect(parse("'three';\n};", "'three';")).to.match(/"}" is missing/);
		expect(parse("mpc.version = '2'", "for k = 1:3")).to.match(/line 3: "for" is not an assignment/);
		expect(parse("1	0	0	2	0	0	20	400", "3	0	0	2	0	0	20	400")).to.match(/gencost row 2: unknown model 3/);
	});
});

describe("G2 cases as JSON with MATPOWER's names", () => {
	const json = {
		baseMVA: 100,
		bus: [
			[0, 3, 0, 0, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9],
			[1, 1, 50, 10, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9],
		],
		gen: [[0, 50, 0, "Inf", "-Inf", 1, 100, 1, 80, 0]],
		branch: [[0, 1, 0.01, 0.1, 0, 60, 0, 0, 0, 0, 1, -360, 360]],
		gencost: [2, 0, 0, 3, 0.1, 20, 0],
	};

	it("default: buses may be counted from 0; a matrix of one row may be a plain list", () => {
		const network = parseMatpowerJson("tiny", JSON.stringify(json));
		expect(new IndexedNetwork(network).busIndex(1)).to.equal(1);
		expect(network.costs).to.have.length(1);
		expect(network.generators[0]?.maxMvar).to.equal(Number.POSITIVE_INFINITY);
		expect(parseMatpowerJson("tiny", JSON.stringify({ mpc: json }))).to.deep.equal(network);
	});

	it("error: every fault is named by its element", () => {
		const network = (change: object) => () =>
			new IndexedNetwork(parseMatpowerJson("tiny", JSON.stringify({ ...json, ...change })));
		const branch = json.branch[0] as number[];
		expect(refusal(() => parseMatpowerJson("tiny", "{"))).to.match(/tiny refused: not JSON/);
		expect(refusal(network({ bus: undefined, gen: 5 }))).to.match(/no bus; gen: not rows of numbers/);
		expect(refusal(network({ branch: [branch.with(3, "x" as unknown as number)] }))).to.match(
			/branch row 1, column 4: "x" is not a number/,
		);
		expect(refusal(network({ branch: [branch.with(3, 0)] }))).to.match(/branch 1 \(0–1\): zero reactance/);
		expect(refusal(network({ branch: [branch.with(1, 7)] }))).to.match(/branch 1 \(0–7\): unknown bus 7/);
		expect(refusal(network({ branch: [branch.with(10, 0)] }))).to.match(/bus 1: disconnected from the reference bus/);
		expect(refusal(network({ branch: [branch.slice(0, 4)] }))).to.match(/branch row 1: 4 columns, at least 11 needed/);
		expect(refusal(network({ gencost: [1, 0, 0, 2, 10, 0, 5, 20] }))).to.match(
			/generator 1: piecewise cost does not rise in MW at point 2/,
		);
		expect(refusal(network({ bus: [json.bus[0], (json.bus[1] as number[]).with(1, 3)] }))).to.match(
			/several reference buses: 0, 1/,
		);
	});
});
