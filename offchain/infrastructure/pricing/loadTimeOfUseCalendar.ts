import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CalendarDocument, TimeOfUseCalendar } from "../../domain/pricing/TimeOfUseCalendar.ts";

const FILE = join(import.meta.dirname, "..", "..", "..", "data", "calendar", "thai-calendar.json");

/** The calendar the project ships with, or another file of the same form. */
export function loadTimeOfUseCalendar(file: string = FILE): TimeOfUseCalendar {
	return new TimeOfUseCalendar(JSON.parse(readFileSync(file, "utf8")) as CalendarDocument);
}
