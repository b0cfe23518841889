import { createRequire } from "node:module";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";

/** The compiler comes from the `solc` package, so building needs no download. */
const solcPath = createRequire(import.meta.url).resolve("solc/soljson.js");
const seed = process.env.FUZZ_SEED === undefined ? {} : { seed: process.env.FUZZ_SEED };

export default defineConfig({
	plugins: [hardhatToolboxMochaEthers],
	solidity: {
		version: "0.8.37",
		path: solcPath,
		npmFilesToBuild: ["@openzeppelin/contracts/access/manager/AccessManager.sol"],
		settings: { viaIR: true, optimizer: { enabled: true, runs: 10_000 }, evmVersion: "osaka" },
	},
	// Nothing imports the generated types; they stay out of the way.
	typechain: { outDir: "./cache/typechain" },
	paths: { sources: "./contracts", tests: "./test/contracts" },
	// `hardhat test solidity --test-profile long` digs deeper; another FUZZ_SEED (32 bytes, hex) tries other inputs.
	test: {
		solidity: {
			profiles: {
				default: {
					fuzz: { ...seed, runs: 256 },
					invariant: { runs: 256, depth: 100, failOnRevert: true, shrinkRunLimit: 2000 },
				},
				long: {
					fuzz: { ...seed, runs: 20_000 },
					invariant: { runs: 2_000, depth: 500, failOnRevert: true, shrinkRunLimit: 20_000 },
				},
			},
		},
	},
});
