import fs from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Snapshot } from "../../lib/delta/snapshot.js";
import { parseStats } from "../../lib/delta/stats.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { load } from "./fixtures.js";

/** Checkpoints of other engines (test/fixtures/delta), whole and with something missing. */
const golden = resolve("test/fixtures/delta");
const scratch = fs.mkdtempSync(join(tmpdir(), "tslake-checkpoints-"));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

describe.each(["checkpoints-v2-parquet", "checkpoints-v2-json"])("%s", (name) => {
  test("is read from its sidecars, deletion vectors and all, as the commits say", async () => {
    const folder = copy(name);
    const withCheckpoint = await files(folder);
    expect((await load(new LocalStorage(folder))).checkpoint?.version).toBe(6);
    for (const file of logFiles(folder).filter((file) => file.includes("checkpoint")))
      fs.rmSync(join(folder, "_delta_log", file));
    expect(await files(folder)).toEqual(withCheckpoint);
    expect(withCheckpoint.filter((file) => file.includes("deletionVector"))).not.toEqual([]);
  });

  test("without a sidecar is an error that names it", async () => {
    const folder = copy(name);
    for (const file of fs.readdirSync(join(folder, "_delta_log", "_sidecars")))
      fs.rmSync(join(folder, "_delta_log", "_sidecars", file));
    await expect(files(folder)).rejects.toThrow(/_sidecars.*does not exist/);
  });

  test("is not needed while the commits are there and the newest one is whole", async () => {
    const folder = copy(name);
    const expected = await files(folder);
    fs.writeFileSync(join(folder, "_delta_log", "_last_checkpoint"), "{torn");
    expect(await files(folder)).toEqual(expected);
    fs.writeFileSync(join(folder, "_delta_log", "_last_checkpoint"), '{"version":99,"size":1}');
    expect(await files(folder)).toEqual(expected);
  });
});

describe("checkpoint-parts", () => {
  test("is read from all of its files, without the commits before", async () => {
    expect(await files(copy("checkpoint-parts"))).toHaveLength(6);
  });

  test("without one of them counts for nothing: the log is incomplete", async () => {
    const folder = copy("checkpoint-parts");
    const part = logFiles(folder).find((file) => file.includes(".checkpoint.0000000002."));
    fs.rmSync(join(folder, "_delta_log", part ?? ""));
    await expect(files(folder)).rejects.toThrow(/log is incomplete/);
  });
});

test("statistics that a checkpoint has only as structs are those of the commits, for all but decimals", async () => {
  const folder = copy("struct-statistics");
  const read = async () =>
    (await (await load(new LocalStorage(folder))).files())
      .map(({ path, stats }) => {
        const parsed = parseStats(stats);
        return {
          path,
          records: parsed?.numRecords,
          id: [parsed?.min(["id"], "long"), parsed?.max(["id"], "long")],
          at: parsed?.min(["at"], "timestamp"),
          day: [parsed?.min(["day"], "date"), parsed?.max(["day"], "date")],
          name: parsed?.max(["name"], "string"),
          nested: parsed?.min(["s", "x"], "integer"),
          nulls: parsed?.nullCount(["s", "x"]),
        };
      })
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  const fromStructs = await read();
  for (const file of logFiles(folder).filter((file) => file.includes("checkpoint")))
    fs.rmSync(join(folder, "_delta_log", file));
  const fromCommits = await read();
  // The commits' times are cut to milliseconds.
  expect(fromStructs.map(({ at: _, ...rest }) => rest)).toEqual(fromCommits.map(({ at: _, ...rest }) => rest));
  expect(fromStructs.every(({ at }) => typeof at === "bigint")).toBe(true);
});

function copy(name: string): string {
  const folder = fs.mkdtempSync(join(scratch, "table-"));
  fs.cpSync(join(golden, name), folder, { recursive: true });
  return folder;
}

function logFiles(folder: string): readonly string[] {
  return fs.readdirSync(join(folder, "_delta_log"));
}

/** The data files of the newest version, each with all that the log says of it and a checkpoint keeps. */
async function files(folder: string): Promise<readonly string[]> {
  const snapshot = await Snapshot.load(new LocalStorage(folder));
  const found = (await snapshot?.files()) ?? [];
  return found
    .map(({ path, size, partitionValues, deletionVector }) =>
      JSON.stringify({ path, size, partitionValues, deletionVector }),
    )
    .sort();
}
