import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Browser, chromium, type Page } from "playwright-core";
import { DemoProcess, whenServicesEnded } from "../integration/DemoProcess.ts";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

/** The page as a person sees it, on a running market. */
describe("U1 the market page in a real browser", function () {
	this.timeout(180_000);
	const stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-browser-"));
	const complaints: string[] = [];
	let demo: DemoProcess;
	let browser: Browser;
	let page: Page;

	before(async () => {
		demo = new DemoProcess(stateDir, ["--windows", "6", "--seconds-per-window", "15"]);
		await demo.whenSaid("committed (");
		browser = await chromium.launch({ executablePath: installedBrowser(), args: ["--no-sandbox"] });
		page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
		page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
		page.on("pageerror", (error) => complaints.push(error.message));
		await page.goto(demo.url);
	});

	after(async () => {
		await browser?.close();
		demo.kill("SIGTERM");
		await demo.exit;
		await whenServicesEnded(stateDir);
		rmSync(stateDir, { recursive: true, force: true });
	});

	it("default: the live link, windows with their progress, trades and zones are there", async () => {
		await page.waitForSelector('#link-state[data-state="live"]');
		await page.waitForSelector("#windows tbody tr .state");
		await page.waitForSelector("#trades tbody tr");
		expect(await page.locator("#windows tbody tr").count()).to.be.at.least(3);
		expect(await page.locator("#map .zone").count()).to.be.at.least(13);
		expect(
			await page.locator("#windows .state", { hasText: /committed|delivering|metered|settled/ }).count(),
		).to.be.at.least(1);
	});

	it("behavior: it follows the market without being asked", async () => {
		const newest = () => page.locator("#trades tbody tr").first().textContent();
		const before = await newest();
		while ((await newest()) === before) await page.waitForTimeout(100);
		await page.waitForSelector("#windows .state.settled", { timeout: 60_000 });
	});

	it("A2 behavior: EGAT's halt is told, and marked on the map for its window", async () => {
		await page.waitForSelector("#notices .override", { timeout: 60_000 });
		expect(await page.locator("#notices .override").first().textContent()).to.match(/EGAT HALT NE3/);
	});

	it("behavior: a window and a zone can be chosen, by mouse and by keyboard", async () => {
		const row = page.locator("#windows tbody tr").nth(2);
		await row.focus();
		await page.keyboard.press("Enter");
		await page.waitForSelector('#windows tbody tr[aria-selected="true"]');
		await page.locator("#book-zone").selectOption({ label: "NE1" });
		await page.waitForSelector("#book .level, #book .empty");
	});

	it("G6 behavior: the grid is told as the control room last reported it, with the window's reserve", async () => {
		await page.waitForSelector("#grid .facts");
		const facts = () => page.locator("#grid .facts").textContent();
		expect(await facts()).to.match(/Frequency(49|50)\.[0-9]{3} Hz/);
		await page.waitForFunction("/Reserve held[1-9]/.test(document.querySelector('#grid .facts').textContent)");
		expect(await page.locator("#grid .lines li").count()).to.equal(5);
	});

	it("behavior: speaks Thai, keeps it after a reload, and has a dark face", async () => {
		await page.locator("#language").click();
		expect(await page.locator("#windows-title").textContent()).to.match(/[\u0e00-\u0e7f]/);
		await page.locator("#theme").click();
		const theme = await page.evaluate("document.documentElement.dataset.theme");
		await page.reload();
		await page.waitForSelector('#link-state[data-state="live"]');
		expect(await page.locator("#windows-title").textContent()).to.match(/[\u0e00-\u0e7f]/);
		expect(await page.evaluate("document.documentElement.dataset.theme")).to.equal(theme);
	});

	it("behavior: fits a telephone without sideways scrolling", async () => {
		await page.setViewportSize({ width: 390, height: 844 });
		const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
		expect(overflow).to.be.at.most(0);
	});

	it("error: nothing went wrong on the way, nothing was loaded from elsewhere", async () => {
		const loaded = (await page.evaluate(
			"performance.getEntriesByType('resource').map(({ name }) => name)",
		)) as string[];
		expect(loaded).not.to.deep.equal([]);
		const foreign = loaded.filter((address) => new URL(address).origin !== new URL(demo.url).origin);
		expect(foreign).to.deep.equal([]);
		expect(complaints).to.deep.equal([]);
	});
});

function installedBrowser(): string {
	for (const name of BROWSERS) {
		const found = spawnSync("which", [name], { encoding: "utf8" });
		if (found.status === 0) return found.stdout.trim();
	}
	throw new Error(`none of ${BROWSERS.join(", ")} is installed`);
}
