import { expect } from "chai";
import { type JobBackend, JobQueue } from "../../../offchain/infrastructure/queue/JobQueue.ts";
import { eventually } from "../TestVenue.ts";

/** What the queue promises on every backend. */
export function jobQueueSuite(name: string, backend: () => Promise<JobBackend>): void {
	describe(`X1 job queue on ${name}`, function () {
		this.timeout(60_000);
		let number = 0;
		const open: JobQueue<{ key: string }>[] = [];
		const errors: string[] = [];

		afterEach(async () => {
			for (const queue of open.splice(0)) await queue.close();
			errors.splice(0);
		});

		async function start(queueName: string, handle: (data: { key: string }) => Promise<void>, concurrency = 4) {
			const queue = await JobQueue.start<{ key: string }>({
				name: queueName,
				backend: await backend(),
				handle,
				concurrency,
				onError: (error) => errors.push(error.message),
			});
			open.push(queue);
			return queue;
		}
		const newName = (): string => `test-queue-${"abcdefghijklmnop"[number++]}`;

		it("default: every job is handled", async () => {
			const seen: string[] = [];
			const queue = await start(newName(), async ({ key }) => {
				seen.push(key);
			});
			for (let index = 0; index < 100; index++) await queue.add(`job-${index}`, { key: `job-${index}` });
			await eventually(
				async () => seen.length,
				(count) => count >= 100,
			);
			expect(new Set(seen).size).to.equal(100);
			expect(errors).to.deep.equal([]);
		});

		it("behavior: one at a time under one id while it waits or runs; afterwards it may come again", async () => {
			let running = 0;
			let most = 0;
			let runs = 0;
			const release = Promise.withResolvers<void>();
			const queue = await start(newName(), async () => {
				running += 1;
				most = Math.max(most, running);
				await release.promise;
				runs += 1;
				running -= 1;
			});
			for (let index = 0; index < 20; index++) await queue.add("window-7", { key: "window-7" });
			await eventually(
				async () => running,
				(count) => count === 1,
			);
			for (let index = 0; index < 20; index++) await queue.add("window-7", { key: "window-7" });
			release.resolve();
			await eventually(
				async () => runs,
				(count) => count >= 1,
			);
			expect(most).to.equal(1);
			const before = runs;
			await eventually(
				async () => {
					await queue.add("window-7", { key: "window-7" });
					return runs;
				},
				(count) => count > before,
			);
			expect(most).to.equal(1);
		});

		it("error: a job that fails is reported and can be added again", async () => {
			let attempts = 0;
			const queue = await start(newName(), async () => {
				attempts += 1;
				if (attempts < 3) throw new Error(`attempt ${attempts} failed`);
			});
			await eventually(
				async () => {
					await queue.add("stubborn", { key: "stubborn" });
					return attempts;
				},
				(count) => count >= 3,
			);
			expect(errors).to.include.members(["attempt 1 failed", "attempt 2 failed"]);
		});

		it("behavior: two workers share the jobs; closing one waits for what it runs and loses nothing", async () => {
			const done: string[] = [];
			const handle = (worker: string) => async (data: { key: string }) => {
				await new Promise((resolve) => setTimeout(resolve, 20));
				done.push(`${worker} ${data.key}`);
			};
			const shared = newName();
			const one = await start(shared, handle("one"), 2);
			await start(shared, handle("two"), 2);
			for (let index = 0; index < 40; index++) await one.add(`job-${index}`, { key: `job-${index}` });
			await eventually(
				async () => done.length,
				(count) => count >= 10,
			);
			await one.close();
			open.splice(open.indexOf(one), 1);
			await eventually(
				async () => new Set(done.map((line) => line.split(" ")[1])).size,
				(count) => count === 40,
			);
			expect(new Set(done.map((line) => line.split(" ")[0]))).to.deep.equal(new Set(["one", "two"]));
		});

		it("behavior: a queue that restarts finds the jobs that waited", async () => {
			const name = newName();
			const blocked = Promise.withResolvers<void>();
			const seen: string[] = [];
			const handle = async ({ key }: { key: string }) => {
				await blocked.promise;
				seen.push(key);
			};
			const first = await start(name, handle, 1);
			for (let index = 0; index < 30; index++) await first.add(`job-${index}`, { key: `job-${index}` });
			blocked.resolve();
			await first.close();
			open.splice(open.indexOf(first), 1);
			expect(seen.length).to.be.lessThan(30);
			await start(name, handle);
			await eventually(
				async () => new Set(seen).size,
				(count) => count === 30,
			);
		});
	});
}
