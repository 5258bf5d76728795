import { createHash } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { killedAt, withHooks } from "./fault.js";
import { HEADER, TestLake } from "./test_lake.js";

/** Files of every fate: two that are taken, one of them zipped rows rewritten, a copy, a broken one, one taken before. */
function landAll(lake: TestLake): void {
  lake.land("people_1.csv", `${HEADER}1,Ana\n2\n`);
  lake.land("people_2.csv", `${HEADER}1,Ana\n2\n`);
  lake.land("people_3.csv", "id\n1\n");
  lake.land("people_4.csv", `${HEADER}5" x,Eva\n`);
  lake.land("people_5.csv", BEFORE);
}

const BEFORE = `${HEADER}0,Zoe\n`;

const template = new TestLake();

beforeAll(async () => {
  template.land("people_0.csv", BEFORE);
  await template.ingest();
  landAll(template);
});
afterAll(() => template.remove());

function prepared(): TestLake {
  const lake = new TestLake();
  fs.cpSync(template.folder, lake.folder, { recursive: true, preserveTimestamps: true });
  return lake;
}

/** What must be true after the last run, however many were killed before. */
async function check(lake: TestLake): Promise<void> {
  const rows = await lake.values("id", "_corrupt_record", "_file");
  expect(rows.map(([id, corrupt]) => `${id},${corrupt}`).sort()).toEqual(["0,null", "1,null", '5" x,null', "null,2"]);
  expect(lake.landed()).toEqual([]);
  const contents = lake.archived().map((name) => hash(join(lake.archive, name)));
  expect(contents).toHaveLength(3);
  expect(new Set(contents).size).toBe(3);
  const files = new Set(rows.map(([, , file]) => String(file)));
  expect([...files].sort()).toEqual([...lake.archived()].sort());
  expect(lake.rejected()).toEqual(["people_3.csv", "people_3.csv.error.json"]);
  expect(lake.explanation("people_3.csv")).toMatchObject({ reason: 'missing column "Nome Próprio"' });
}

function hash(path: string): string {
  return createHash("sha256").update(fs.readFileSync(path)).digest("hex");
}

describe("a process that is killed", () => {
  test("before any change of the disk loses and doubles nothing", async () => {
    for (let n = 1, reached = true; reached; n++) {
      const lake = prepared();
      try {
        reached = await killedAt(n, "before", () => lake.ingest());
        await lake.ingest();
        await check(lake).catch((error: unknown) => {
          throw new Error(`killed before change ${n}`, { cause: error });
        });
      } finally {
        lake.remove();
      }
    }
  }, 120_000);

  test("again and again, at each change in turn", async () => {
    const lake = prepared();
    try {
      for (let n = 1; await killedAt(n, "after", () => lake.ingest()); n++) expect(n).toBeLessThan(500);
      await lake.ingest();
      await check(lake);
    } finally {
      lake.remove();
    }
  }, 120_000);
});

describe("a machine that fails", () => {
  test("once, at any change of the disk, says so; the next run does the rest", async () => {
    for (let n = 1, reached = true; reached; n++) {
      const lake = prepared();
      try {
        reached = false;
        const fail = {
          before: ({ number }: { readonly number: number }) => {
            if (number !== n) return;
            reached = true;
            throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
          },
        };
        const outcome = await withHooks(fail, () => lake.ingest()).then(
          () => "done",
          (error: Error) => error.message,
        );
        if (outcome !== "done") expect(outcome).toMatch(/could not be taken|Could not|disk is full/);
        expect(lake.rejected().filter((name) => !name.startsWith("people_3"))).toEqual([]);
        await lake.ingest();
        await check(lake).catch((error: unknown) => {
          throw new Error(`failed at change ${n}: ${outcome}`, { cause: error });
        });
      } finally {
        lake.remove();
      }
    }
  }, 120_000);
});
