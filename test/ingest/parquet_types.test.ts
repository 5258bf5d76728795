import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { DriftMode } from "../../lib/contract/define_table.js";
import { HEADER, people, TestLake } from "./test_lake.js";

const lakes: TestLake[] = [];
afterEach(() => {
  for (const lake of lakes.splice(0)) lake.remove();
});

/** A lake into which the file `parquet/<type>.parquet` has landed. */
function landed(type: string, drift: DriftMode = "rescue"): TestLake {
  const lake = new TestLake(people(drift));
  lakes.push(lake);
  lake.land(`${type}.parquet`, readFileSync(join(import.meta.dirname, "parquet", `${type}.parquet`)));
  return lake;
}

const MOMENTS = ["2024-01-01 10:00:00", "1960-01-01 10:00:00.5"] as const;
const INSTANTS = ["2024-01-01 10:00:00Z", "1960-01-01 10:00:00.5Z"] as const;

describe("a column of a Parquet file becomes text", () => {
  test.each<[type: string, first: string | null, second: string | null]>([
    ["nulls", null, null],
    ["dictionary", "a", ""],
    ["large_text", "a", "é"],
    ["int8", "-5", "127"],
    ["uint8", "5", "255"],
    ["int16", "-5", "300"],
    ["uint16", "5", "65535"],
    ["uint32", "5", "4294967295"],
    ["uint64", "5", "18446744073709551615"],
    ["boolean", "true", "false"],
    ["decimal", "1.50", null],
    ["date32", "2024-02-29", "1900-01-01"],
    ["date64", "2024-02-29", "1900-01-01"],
    ["timestamp_ms", ...MOMENTS],
    ["timestamp_us", ...MOMENTS],
    ["timestamp_ns", ...MOMENTS],
    ["timestamp_ms_zone", ...INSTANTS],
    ["timestamp_ns_zone", ...INSTANTS],
    ["nanoseconds", "2024-01-01 10:00:00.000000001", "1969-12-31 23:59:59.999999999"],
    ["nanoseconds_zone", "2024-01-01 10:00:00.000000001Z", "1969-12-31 23:59:59.999999999Z"],
    ["int96", ...MOMENTS],
  ])("%s", async (type, first, second) => {
    const lake = landed(type);
    expect((await lake.ingest()).files.map(({ status }) => status)).toEqual(["taken"]);
    expect(await lake.values("id", "nome")).toEqual([
      [first, "Ana"],
      [second, "Bia"],
    ]);
  });
});

describe("a Parquet file is rejected, and the others are taken, for a column of", () => {
  test.each([
    ["time", 'the column "id" holds times without a day'],
    ["duration", "the Parquet file holds values that cannot be read"],
    ["binary", 'the column "id" holds bytes (BYTE_ARRAY), not text'],
    ["fixed", 'the column "id" holds bytes (FIXED_LEN_BYTE_ARRAY), not text'],
    ["float16", 'the column "id" holds bytes (FLOAT16), not text'],
    ["decimal256", 'the column "id" holds decimals of more than 38 digits'],
    ["list", 'the column "id" is a list or a struct'],
    ["unknown_bytes", 'the column "struct" holds bytes (BYTE_ARRAY), not text'],
  ])("%s", async (type, reason) => {
    const lake = landed(type);
    lake.land("people_1.csv", `${HEADER}1,Ana\n`);
    expect((await lake.ingest()).files.map(({ status }) => status).sort()).toEqual(["rejected", "taken"]);
    expect(lake.explanation(`${type}.parquet`)["reason"]).toBe(reason);
    expect(await lake.values("id")).toEqual([["1"]]);
    expect(lake.archived()).toHaveLength(1);
  });
});

describe("a nested column of a Parquet file that the contract does not know", () => {
  const struct = '{"n":9007199254740993,"text":"a \\"b\\"","price":"1.50","at":"1960-01-01 10:00:00.500"}';

  test("is rescued as JSON, as from NDJSON", async () => {
    const lake = landed("unknown_nested");
    lake.land("z.ndjson", '{"id":3,"map":[]}\n');
    expect((await lake.ingest()).totals.files).toBe(2);
    expect(await lake.values("id", "_rescued")).toEqual([
      ["1", `{"struct":${struct},"map":[{"key":"k","value":[1.5]}]}`],
      ["2", '{"list":[1,null],"map":[]}'],
      ["3", '{"map":[]}'],
    ]);
  });

  test("becomes a column of JSON when the contract says so", async () => {
    const lake = landed("unknown_nested", "evolve");
    expect((await lake.ingest()).totals.files).toBe(1);
    expect(await lake.values("struct", "list", "map")).toEqual([
      [struct, null, '[{"key":"k","value":[1.5]}]'],
      [null, "[1,null]", "[]"],
    ]);
  });
});
