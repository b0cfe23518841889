/** MATPOWER's names of the columns, counted from 1, in the order in which `idx_bus` and its like return them. */
export const MATPOWER_COLUMNS: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
	idx_bus: [
		...numbered(["PQ", "PV", "REF", "NONE"]),
		...numbered([
			"BUS_I",
			"BUS_TYPE",
			"PD",
			"QD",
			"GS",
			"BS",
			"BUS_AREA",
			"VM",
			"VA",
			"BASE_KV",
			"ZONE",
			"VMAX",
			"VMIN",
		]),
		...numbered(["LAM_P", "LAM_Q", "MU_VMAX", "MU_VMIN"], 14),
	],
	idx_brch: [
		...numbered(["F_BUS", "T_BUS", "BR_R", "BR_X", "BR_B", "RATE_A", "RATE_B", "RATE_C", "TAP", "SHIFT", "BR_STATUS"]),
		...numbered(["PF", "QF", "PT", "QT", "MU_SF", "MU_ST"], 14),
		...numbered(["ANGMIN", "ANGMAX"], 12),
		...numbered(["MU_ANGMIN", "MU_ANGMAX"], 20),
	],
	idx_gen: [
		...numbered(["GEN_BUS", "PG", "QG", "QMAX", "QMIN", "VG", "MBASE", "GEN_STATUS", "PMAX", "PMIN"]),
		...numbered(["MU_PMAX", "MU_PMIN", "MU_QMAX", "MU_QMIN"], 22),
		...numbered(["PC1", "PC2", "QC1MIN", "QC1MAX", "QC2MIN", "QC2MAX"], 11),
		...numbered(["RAMP_AGC", "RAMP_10", "RAMP_30", "RAMP_Q", "APF"], 17),
	],
	idx_cost: [...numbered(["PW_LINEAR", "POLYNOMIAL"]), ...numbered(["MODEL", "STARTUP", "SHUTDOWN", "NCOST", "COST"])],
};

function numbered(names: readonly string[], first = 1): [string, number][] {
	return names.map((name, index) => [name, first + index]);
}
