import { renameSync, rmSync, writeFileSync } from "node:fs";
import { LocalServiceError } from "./LocalServiceError.ts";

/**
 * Replaces a file as a whole: after a crash at any moment, or on a full disk, it holds either all of the old content or
 * all of the new. Throws `LocalServiceError` DISK_FULL where there is no room; the old file then stands untouched.
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
	const temporary = `${path}.new`;
	try {
		// Writes to the end or throws: a bare write may stop half-way on a full disk without an error.
		writeFileSync(temporary, content, { flush: true });
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { force: true });
		if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
		throw new LocalServiceError("DISK_FULL", `The disk is full: ${path} could not be written.`);
	}
}
