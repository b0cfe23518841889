/** Reads the public API. */
export async function get(path) {
	const response = await fetch(path, { headers: { accept: "application/json" } });
	const body = await response.json();
	if (!response.ok) throw Object.assign(new Error(body.detail ?? response.statusText), { code: body.code });
	return body;
}
