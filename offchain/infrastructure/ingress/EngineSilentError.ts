/** No leader has answered in time. The input may still be carried out: the same signed input may be sent again safely. */
export class EngineSilentError extends Error {
	constructor(millis: number) {
		super(`no engine has answered within ${millis} ms; whether the input was carried out is not known yet`);
	}
}
