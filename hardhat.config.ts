import { createRequire } from "node:module";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";

/** The compiler comes from the `solc` package, so building needs no download. */
const solcPath = createRequire(import.meta.url).resolve("solc/soljson.js");

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
});
