import fc from "fast-check";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { describe, expect, test } from "vitest";
import { writeCheckpoint } from "../../lib/delta/checkpoint.js";
import { predicate } from "../../lib/delta/predicate.js";
import { uncompressSnappy } from "../../lib/delta/snappy.js";
import { parseStats, serializeStats } from "../../lib/delta/stats.js";
import { StatsScanner } from "../../lib/delta/stats_scan.js";
import type { DataType } from "../../lib/types.js";
import { committed, file, load, newTable } from "./fixtures.js";

const PARTS = ["minValues", "numRecords", "maxValues", "nullCount"];
const NAMES = ["id", "i", "key", 'quo"ted', "ção", "a,b", "{x}", ...PARTS];

const TYPES: readonly DataType[] = ["long", "string", "double"];

const column = fc.record({
  name: fc.constantFrom(...NAMES),
  value: fc.oneof(
    fc.record({ type: fc.constant<DataType>("long"), min: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) }),
    fc.record({ type: fc.constant<DataType>("integer"), min: fc.integer() }),
    fc.record({
      type: fc.constant<DataType>("string"),
      min: fc.oneof(fc.string(), fc.constantFrom('"minValues":{"id":', '","id":5', "\\", '\\"', "}", "{", ',"key":1}')),
    }),
    fc.record({ type: fc.constant<DataType>("double"), min: fc.double() }),
  ),
  nullCount: fc.option(fc.nat(), { nil: undefined }),
});
const columns = fc.uniqueArray(column, { selector: ({ name }) => name, maxLength: 6 });

/** The two zeros of a double are one bound. */
const positiveZero = (bound: unknown): unknown => (bound === 0 ? 0 : bound);

describe("statistics read out of their bytes", () => {
  test("are what parsing gives, or unknown, also of one text after the other", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(columns, fc.nat(), fc.boolean()), { minLength: 1, maxLength: 4 }), (files) => {
        const scanner = new StatsScanner(true);
        // A column that is named like a part of the statistics may hide others; zeros have several spellings.
        const isPlain = !files.some(([stored]) =>
          stored.some(({ name, value }) => PARTS.includes(name) || value.type === "double"),
        );
        for (const [stored, rows, isSpaced] of files) {
          const plain = serializeStats(
            rows,
            stored.map(({ name, value: { type, min }, nullCount }) => ({
              path: [name],
              type,
              min,
              max: min,
              nullCount,
            })),
          );
          const text = isSpaced ? JSON.stringify(JSON.parse(plain), undefined, 1) : plain;
          const bytes = new TextEncoder().encode(`xx${text}${text}`);
          const start = 2;
          const found = scanner.read(bytes, start, start + new TextEncoder().encode(text).length);
          const expected = parseStats(text);
          expect(found?.numRecords).toBe(expected?.numRecords);
          expect(found?.tightBounds).toBe(true);
          for (const name of NAMES) {
            const own = stored.find((one) => one.name === name)?.value.type;
            for (const type of own === undefined ? TYPES : [own === "integer" ? "long" : own]) {
              const bounds = [found?.min([name], type), found?.max([name], type), found?.nullCount([name])];
              const exact = [expected?.min([name], type), expected?.max([name], type), expected?.nullCount([name])];
              for (const [i, bound] of bounds.entries()) {
                if (bound !== undefined) expect(positiveZero(bound)).toEqual(positiveZero(exact[i]));
              }
              if (!isSpaced && isPlain && ["id", "i", "key"].includes(name)) expect(bounds).toEqual(exact);
            }
          }
        }
      }),
    );
  });

  test("prune the files of a checkpoint as those in memory", async () => {
    let snapshot = await newTable({ configuration: { "delta.checkpointInterval": "1000" } });
    const transaction = snapshot.transaction({ operation: "WRITE" });
    for (let i = 0; i < 2500; i++) transaction.addFile(file(`f${i}`, [i * 10, i * 10 + 9]));
    transaction.addFile(file("unknown", [0, 1], { stats: undefined }));
    snapshot = committed(await transaction.commit());
    await writeCheckpoint(snapshot);
    const change = snapshot.transaction({ operation: "DELETE" });
    change.read();
    for (const one of (await snapshot.files()).slice(100, 102)) change.removeFile(one);
    change.addFile(file("late", [1005, 1006]));
    await change.commit();
    const condition = predicate.and(
      predicate.compare("id", ">=", { type: "long", value: 1000 }),
      predicate.compare("id", "<", { type: "long", value: 1050 }),
    );
    const cold = (await (await load(snapshot.storage)).files(condition)).map(({ path }) => path);
    const warm = await load(snapshot.storage);
    await warm.files();
    expect(cold.sort()).toEqual((await warm.files(condition)).map(({ path }) => path).sort());
    expect(cold).toEqual(["f102", "f103", "f104", "late", "unknown"]);
  });
});

describe("Snappy", () => {
  const compressed = (bytes: Uint8Array): Uint8Array => new Uint8Array(snappyCompress(bytes));

  test("blocks are what was compressed", () => {
    const texts = fc.array(
      fc.constantFrom("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", '{"numRecords":', "x", "12345678901234567"),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 3000 }),
          texts.map((parts) => new TextEncoder().encode(parts.join(""))),
        ),
        (bytes) => {
          expect([...uncompressSnappy(compressed(bytes), bytes.length)]).toEqual([...bytes]);
        },
      ),
    );
  });

  test("blocks that are damaged are refused, never read beyond their end", () => {
    const bytes = new TextEncoder().encode("abcabcabcabcabcabcabcabcabcabc".repeat(20));
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const block = compressed(bytes);
        block[at % block.length] = byte;
        try {
          expect(uncompressSnappy(block, bytes.length)).toHaveLength(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
    expect(() => uncompressSnappy(compressed(bytes).subarray(0, 5), bytes.length)).toThrow(RangeError);
    expect(() => uncompressSnappy(new Uint8Array(), 5)).toThrow(RangeError);
  });
});
