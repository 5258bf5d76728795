import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Snapshot } from "../../lib/delta/snapshot.js";
import { DeltaError, UnsupportedFeatureError } from "../../lib/errors.js";
import { LocalStorage } from "../../lib/storage/local.js";

/** Tables written by other engines, with the answers of the reference reader. */
const folder = join(process.env["TSLAKE_SHARED"] ?? "../shared", "conformance", "delta");
const isThere = fs.existsSync(join(folder, "expected.json"));

interface Expected {
  readonly version?: number;
  readonly files?: number;
  readonly rows?: number;
  readonly schema?: readonly { readonly name: string }[];
  readonly earlier?: readonly { readonly version: number; readonly files?: number; readonly error?: unknown }[];
  readonly error?: { readonly stage: string };
}

describe.skipIf(!isThere)(`tables of other engines in ${folder}`, () => {
  const { tables } = isThere
    ? (JSON.parse(fs.readFileSync(join(folder, "expected.json"), "utf8")) as { tables: Record<string, Expected> })
    : { tables: {} };

  test.each(Object.entries(tables))("%s", async (name, expected) => {
    const storage = new LocalStorage(join(folder, name));
    const load = (version?: number) => Snapshot.load(storage, version === undefined ? {} : { version });
    let snapshot: Snapshot | undefined;
    try {
      snapshot = await load();
    } catch (error) {
      // Refused by name, or an error that is due.
      expect(error).toBeInstanceOf(expected.error === undefined ? UnsupportedFeatureError : DeltaError);
      return;
    }
    if (expected.version === undefined) return expect.fail("a table that the reference refuses was read");
    expect(snapshot?.version).toBe(expected.version);
    expect(await snapshot?.files()).toHaveLength(expected.files ?? -1);
    if (expected.schema) expect(snapshot?.schema.fields.map((f) => f.name)).toEqual(expected.schema.map((f) => f.name));
    const records = await snapshot?.numRecords();
    if (records !== undefined && expected.rows !== undefined) expect(records).toBe(BigInt(expected.rows));
    for (const { version, files, error } of expected.earlier ?? []) {
      if (error !== undefined || files === undefined) continue;
      const past = await load(version).catch((caught: unknown) => caught);
      // A version from which on the table needs a feature may differ in that from the newest.
      if (past instanceof Snapshot) expect(await past.files()).toHaveLength(files);
      else expect(past).toBeInstanceOf(UnsupportedFeatureError);
    }
    return undefined;
  });

  test("most of them are read", async () => {
    let count = 0;
    for (const name of Object.keys(tables)) {
      const snapshot = await Snapshot.load(new LocalStorage(join(folder, name))).catch(() => undefined);
      if (snapshot !== undefined) count++;
    }
    expect(count).toBeGreaterThanOrEqual(75);
  });
});
