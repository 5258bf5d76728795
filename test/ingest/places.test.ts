import fs from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { ingest } from "../../lib/ingest/ingest.js";
import { Lake } from "../../lib/lake/lake.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { TEMPORARY_PREFIX } from "../../lib/storage/path.js";
import { killedAt, type SeenCall, withHooks } from "./fault.js";
import { HEADER, TestLake } from "./test_lake.js";

const lakes: TestLake[] = [];

function lakeOf(): TestLake {
  const lake = new TestLake();
  lakes.push(lake);
  return lake;
}

afterEach(() => {
  for (const lake of lakes.splice(0)) lake.remove();
});

/** As if landing and lake lay on different disks. */
function apart({ name, args }: SeenCall): void {
  const [from, to] = args.map(String);
  if (name !== "linkSync" || dirname(from ?? "") === dirname(to ?? "")) return;
  throw Object.assign(new Error("EXDEV: cross-device link not permitted"), { code: "EXDEV" });
}

describe("landing and lake on different disks", () => {
  test("files are copied, and what a killed run has copied is found again by its content", async () => {
    for (let n = 1, reached = true; reached; n++) {
      const lake = lakeOf();
      lake.land("people_1.csv", `${HEADER}1,Ana\n`);
      lake.land("people_2.csv", "id\n");
      reached = await withHooks({ before: apart }, () => killedAt(n, "before", () => lake.ingest()));
      await withHooks({ before: apart }, () => lake.ingest());
      expect(await lake.values("id"), `killed before change ${n}`).toEqual([["1"]]);
      expect([lake.landed(), lake.archived().length]).toEqual([[], 1]);
      expect(lake.rejected()).toEqual(["people_2.csv", "people_2.csv.error.json"]);
      expect(fs.readFileSync(join(lake.archive, lake.archived()[0] ?? ""), "utf8")).toBe(`${HEADER}1,Ana\n`);
    }
  }, 60_000);
});

test("a rejected file that had to be copied is on disk in its new place before it is gone from the old one", async () => {
  const lake = lakeOf();
  const landed = lake.land("people_2.csv", "id\n");
  const done: string[] = [];
  const open = vi.spyOn(fs.promises, "open");
  const unlinked = ({ name, args }: SeenCall): void => {
    if (name === "unlinkSync" && args[0] === landed) done.push(...open.mock.calls.map(([path]) => String(path)));
  };
  try {
    await withHooks({ before: apart, after: unlinked }, () => lake.ingest());
  } finally {
    open.mockRestore();
  }
  expect(done).toContain(join(lake.landing, "_rejected", "people_2.csv"));
  expect(lake.landed()).toEqual([]);
});

test("old temporary files of others, which cannot be removed, are in nobody's way", async () => {
  const lake = lakeOf();
  const others = join(lake.archive, `${TEMPORARY_PREFIX}others`);
  // A folder in a file's place: no user may unlink it.
  fs.mkdirSync(others, { recursive: true });
  fs.utimesSync(others, 0, 0);
  lake.land("people_1.ndjson", '{"id": 1}\n');
  expect((await lake.ingest()).files).toMatchObject([{ status: "taken" }]);
  expect(fs.existsSync(others)).toBe(true);
});

test("a lake that is not on a disk archives too", async () => {
  const lake = lakeOf();
  const storage = new MemoryStorage("ingest");
  const open = (): Lake => new Lake({ storage, catalog: new Catalog([lake.table]), timeZone: "America/Sao_Paulo" });
  const run = () => ingest(open(), lake.table, { landing: lake.landing, now: 0n });
  lake.land("people_1.csv", `${HEADER}1,5" x\n`);
  expect((await run()).files).toMatchObject([{ status: "taken", archived: "19700101_000000_people_1.csv" }]);
  lake.land("people_1.csv", `${HEADER}1,5" x\n`);
  expect((await run()).files).toMatchObject([{ status: "already taken" }]);
  lake.land("people_1.csv", `${HEADER}2,Bia\n`);
  expect((await run()).files).toMatchObject([{ status: "taken", archived: "19700101_000000_people_1_2.csv" }]);
  expect(await open().read(lake.table).count()).toBe(2);
  expect(lake.landed()).toEqual([]);
});

test("two processes that take files at the same time take each content once", async () => {
  for (let round = 0; round < 5; round++) {
    const lake = lakeOf();
    for (let i = 0; i < 6; i++) lake.land(`people_${i}.csv`, `${HEADER}${i},Ana\n`);
    await Promise.allSettled([lake.ingest(), lake.ingest()]);
    await lake.ingest();
    expect((await lake.values("id")).map(([id]) => id)).toEqual(["0", "1", "2", "3", "4", "5"]);
    expect([lake.landed(), lake.archived().length]).toEqual([[], 6]);
  }
});

test("many small files are a handful of commits", async () => {
  const lake = lakeOf();
  for (let i = 0; i < 401; i++) lake.land(`people_${i}.csv`, `${HEADER}${i},Ana\n`);
  const result = await lake.ingest();
  expect(result).toMatchObject({ version: 2, totals: { files: 401, rows: 401 } });
});
