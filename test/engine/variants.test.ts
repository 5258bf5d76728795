import { Buffer } from "node:buffer";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, test } from "vitest";
import { PolarsEngine } from "../../lib/engine/polars/engine.js";
import { readParquetSchema } from "../../lib/engine/polars/parquet_schema.js";
import { decodeVariant, variantNames, variantValue } from "../../lib/engine/polars/variant.js";
import { scan } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { field } from "../../lib/types.js";

const root = fs.mkdtempSync(join(tmpdir(), "tslake-variants-"));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
let number = 0;

/** Whole numbers are integers in a variant, and bigint here. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noInteger: true, noDefaultInfinity: true }),
    fc.string({ maxLength: 80, unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "é"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

describe("variants of another writer", () => {
  test.each([
    ["in binary form", undefined],
    ["with fields taken out of them", { a: "STRING", b: { c: "INT64" }, c: ["DOUBLE"] }],
    ["with items taken out of them", [{ a: "INT64", b: "BOOLEAN" }]],
  ])("are read as they were written, %s", async (_, shredding) => {
    await fc.assert(
      fc.asyncProperty(fc.array(json, { minLength: 1, maxLength: 6 }), async (data) => {
        const column = {
          name: "v",
          type: "VARIANT" as const,
          data,
          ...(shredding && { shredding: shredding as never }),
        };
        const read = await readColumn(Buffer.from(parquetWriteBuffer({ columnData: [column] })));
        expect(read.map((value) => plain((value as { variant?: Value } | null)?.variant ?? null))).toEqual(
          data.map(plain),
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe("the binary form", () => {
  const value = (...bytes: readonly number[]): Value =>
    variantValue(decodeVariant(Uint8Array.from(bytes), ["k"]))["variant"] ?? null;

  test("of every primitive type", () => {
    expect(value(0x00)).toBe(null);
    expect([value(0x04), value(0x08)]).toEqual([true, false]);
    expect([value(0x0c, 0xff), value(0x10, 0, 0x80), value(0x14, 1, 0, 0, 0)]).toEqual([-1n, -32_768n, 1n]);
    expect(value(0x18, 0, 0, 0, 0, 0, 0, 0, 0x80)).toBe(-(2n ** 63n));
    expect(value(0x20, 2, 0x85, 0xff, 0xff, 0xff)).toBe("-1.23");
    expect(value(0x28, 38, ...new Array(15).fill(0xff), 0x7f)).toBe("1.70141183460469231731687303715884105727");
    expect(value(0x2c, 0xff, 0xff, 0xff, 0xff)).toBe("1969-12-31");
    expect(value(0x30, ...new Array(8).fill(0xff))).toBe("1969-12-31T23:59:59.999999Z");
    expect(value(0x34, 1, 0, 0, 0, 0, 0, 0, 0)).toBe("1970-01-01T00:00:00.000001");
    expect(value(0x38, 0xcd, 0xcc, 0xcc, 0x3d)).toBe(Math.fround(0.1));
    expect(Object.is(value(0x1c, 0, 0, 0, 0, 0, 0, 0, 0x80), -0)).toBe(true);
    expect(value(0x3c, 2, 0, 0, 0, 0, 0xff)).toEqual(Uint8Array.of(0, 0xff));
    expect([value(0x40, 1, 0, 0, 0, 0x69), value(0x05, 0x69)]).toEqual(["i", "i"]);
    expect(value(0x50, ...Array.from({ length: 16 }, (_, i) => i))).toBe("00010203-0405-0607-0809-0a0b0c0d0e0f");
    expect(value(0x02, 1, 0, 0, 1, 0x04)).toEqual({ k: true });
    expect(variantNames(Uint8Array.of(0x01, 1, 0, 1, 0x6b))).toEqual(["k"]);
  });

  test.each([[[0x18, 0]], [[0x40, 9, 0, 0, 0]], [[0x02, 1, 7, 0, 1, 0x04]], [[0x48, ...new Array(8).fill(0)]], [[]]])(
    "that is damaged or unknown is an error: %j",
    (bytes) => {
      expect(() => value(...bytes)).toThrow(/A variant cannot be read/);
    },
  );
});

async function readColumn(bytes: Buffer): Promise<readonly Value[]> {
  const url = join(root, `${number++}.parquet`);
  fs.writeFileSync(url, bytes);
  const schema = await readParquetSchema(url, bytes.length, async (start, end) => bytes.subarray(start, end));
  const fields = [field("v", "variant")];
  const open = async () => ({ location: { url }, read: async () => bytes, ...(schema && { schema }) });
  const engine = new PolarsEngine({
    resolveTable: async () => ({ files: [{ partitionValues: {}, open }], partitionColumns: [], fields }),
  });
  const rows = await engine.collect(scan({ kind: "table", table: "t" }, fields).node);
  return rows.map((row) => row["v"] ?? null);
}

/** With bigint as number, so that it does not matter which of them a whole number is. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  if (typeof value === "bigint") return Number(value);
  return Object.is(value, -0) ? 0 : value;
}
