/** Imports point inward: infrastructure → application → domain; only processes/ wires. */
const outside = (...layers) => `^offchain/(${layers.join("|")})/`;

module.exports = {
	forbidden: [
		{
			name: "no-cycles",
			severity: "error",
			from: {},
			to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
		},
		{
			name: "domain-is-pure",
			comment: "no I/O, no framework, no other layer; hashing alone comes from a package",
			severity: "error",
			from: { path: "^offchain/domain/" },
			to: { path: "^offchain/(?!domain/)|^node:|^node_modules/(?!@noble/hashes/)" },
		},
		{
			name: "domain-has-no-core-modules",
			severity: "error",
			from: { path: "^offchain/domain/" },
			to: { dependencyTypes: ["core"] },
		},
		{
			name: "application-knows-the-domain-only",
			severity: "error",
			from: { path: "^offchain/application/" },
			to: { path: outside("infrastructure", "processes", "client", "cli", "simulators", "web") },
		},
		{
			name: "infrastructure-points-inward",
			severity: "error",
			from: { path: "^offchain/infrastructure/" },
			to: { path: outside("processes", "cli", "simulators") },
		},
		{
			name: "only-processes-wire",
			severity: "error",
			from: { path: "^offchain/(?!processes/)" },
			to: { path: "^offchain/processes/" },
		},
		{ name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
	],
	options: {
		doNotFollow: { path: "node_modules" },
		exclude: { path: "^offchain/web/" },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: "tsconfig.json" },
		enhancedResolveOptions: {
			exportsFields: ["exports"],
			conditionNames: ["import", "node", "default", "types"],
			extensions: [".ts", ".js", ".mjs", ".json"],
		},
	},
};
