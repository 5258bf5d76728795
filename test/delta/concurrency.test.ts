import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { history } from "../../lib/delta/history.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { ChildScript } from "../support/child_script.js";
import { append, load, newTable, paths } from "./fixtures.js";

test("writers in one process: every file is there once, versions have no gap", async () => {
  const storage = new MemoryStorage();
  await newTable({}, storage);
  const expected: string[] = [];
  await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      let snapshot = await load(storage);
      for (let i = 0; i < 10; i++) {
        expected.push(`${writer}-${i}`);
        snapshot = await append(snapshot, `${writer}-${i}`);
        expect(await paths(snapshot)).toContain(`${writer}-${i}`);
      }
    }),
  );
  const newest = await load(storage);
  expect(newest.version).toBe(80);
  expect(await paths(newest)).toEqual(expected.sort());
  expect((await history(storage)).map(({ version }) => version)).toEqual(Array.from({ length: 81 }, (_, i) => 80 - i));
});

test("writers in several processes, appends and replacements mixed: every file is there once", {
  timeout: 60_000,
}, async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), "tslake-writers-"));
  const writer = await ChildScript.of("test/delta/writer_process.ts");
  try {
    const storage = new LocalStorage(join(folder, "table"));
    await newTable({}, storage);
    const writers = ["w0", "w1", "w2", "w3"];
    const commits = 15;
    await Promise.all(writers.map((name) => writer.run([storage.uri, name, String(commits)])));
    const newest = await load(storage);
    const appended = writers.flatMap((name) => Array.from({ length: commits }, (_, i) => `${name}-${i}`)).sort();
    const found = await paths(newest);
    expect(found.filter((path) => !path.startsWith("counter-"))).toEqual(appended);
    expect(found.filter((path) => path.startsWith("counter-"))).toHaveLength(1);
    expect(newest.version).toBe(writers.length * commits);
    expect(await newest.txns(writers)).toEqual(new Map(writers.map((name) => [name, BigInt(commits - 1)])));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
    writer.remove();
  }
});
