import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { PriceAnchors } from "../../domain/pricing/PriceInputs.ts";

const FILE = join(import.meta.dirname, "..", "..", "..", "data", "reference", "thai-reference-values.json");

const tariff = z.object({ on_peak: z.number().positive(), off_peak: z.number().positive() });
const referenceValues = z.object({
	tou_thb_per_kwh: z.object({ low_voltage: tariff }),
	ft_thb_per_kwh: z.number(),
	rooftop_buyback_thb_per_kwh: z.number().positive(),
});

/** Middle of EGAT's price of a 1 MWh certificate, 17.5–28 THB. */
const GREEN_PREMIUM_THB_PER_KWH = 0.02275;

/** The low-voltage tariff and the buyback in satoshi at a rate; throws where the file is of another form. */
export function loadPriceAnchors(satoshiPerThb: number, file: string = FILE): PriceAnchors {
	const values = referenceValues.parse(JSON.parse(readFileSync(file, "utf8")));
	const retail = values.tou_thb_per_kwh.low_voltage;
	return {
		buybackSatPerKwh: values.rooftop_buyback_thb_per_kwh * satoshiPerThb,
		onPeakRetailSatPerKwh: (retail.on_peak + values.ft_thb_per_kwh) * satoshiPerThb,
		offPeakRetailSatPerKwh: (retail.off_peak + values.ft_thb_per_kwh) * satoshiPerThb,
		greenPremiumSatPerKwh: GREEN_PREMIUM_THB_PER_KWH * satoshiPerThb,
	};
}
