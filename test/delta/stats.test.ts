import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lowerTextBound, parseStats, serializeStats, upperTextBound } from "../../lib/delta/stats.js";
import { statsColumns } from "../../lib/delta/stats_columns.js";
import { tableProperties } from "../../lib/delta/table_properties.js";
import { type DataType, field } from "../../lib/types.js";

const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");
const bounds = (type: DataType, min: unknown, max: unknown): string =>
  serializeStats(1, [{ path: ["c"], type, min: min as never, max: max as never, nullCount: 0 }]);
const reread = (type: DataType, min: unknown, max: unknown): unknown[] => {
  const stats = parseStats(bounds(type, min, max));
  return [stats?.min(["c"], type), stats?.max(["c"], type)];
};

describe("statistics of a data file", () => {
  test("are the JSON that the protocol asks for", () => {
    const stats = serializeStats(3, [
      { path: ["id"], type: "long", min: 1n, max: 9007199254740993n, nullCount: 0 },
      { path: ["valor"], type: "decimal(18,2)", min: "-0.10", max: "1234567890123456.78", nullCount: 1 },
      { path: ["endereco", "uf"], type: "string", min: "AC", max: "TO", nullCount: 2 },
      { path: ["dia"], type: "date", min: "2014-05-01", max: "2014-05-31", nullCount: 0 },
      { path: ["ativo"], type: "boolean", min: false, max: true, nullCount: 0 },
      { path: ["vazio"], type: "string", min: null, max: null, nullCount: 3 },
    ]);
    expect(stats).toBe(
      '{"numRecords":3,' +
        '"minValues":{"id":1,"valor":-0.10,"endereco":{"uf":"AC"},"dia":"2014-05-01"},' +
        '"maxValues":{"id":9007199254740993,"valor":1234567890123456.78,"endereco":{"uf":"TO"},"dia":"2014-05-31"},' +
        '"nullCount":{"id":0,"valor":1,"endereco":{"uf":2},"dia":0,"ativo":0,"vazio":3}}',
    );
    const parsed = parseStats(stats);
    expect(parsed?.numRecords).toBe(3n);
    expect(parsed?.max(["id"], "long")).toBe(9007199254740993n);
    expect(parsed?.max(["valor"], "decimal(18,2)")).toBe("1234567890123456.78");
    expect(parsed?.min(["endereco", "uf"], "string")).toBe("AC");
    expect(parsed?.nullCount(["endereco", "uf"])).toBe(2n);
    expect(parsed?.min(["vazio"], "string")).toBeUndefined();
    expect(parsed?.nullCount(["unknown"])).toBeUndefined();
  });

  test("a column may have any name", () => {
    const column = { path: ["__proto__"], type: "long", min: 1, max: 2, nullCount: 0 } as const;
    expect(parseStats(serializeStats(1, [column]))?.min(["__proto__"], "long")).toBe(1);
    expect(parseStats(serializeStats(1, []))?.min(["constructor"], "long")).toBeUndefined();
  });

  test("text bounds hold in UTF-8 order and are short", () => {
    const text = fc.string({ unit: "binary", maxLength: 80 });
    fc.assert(
      fc.property(
        fc.oneof(text, fc.constant("\u{10ffff}".repeat(40)), fc.constant(`${"\ud7ff".repeat(32)}a`)),
        (value) => {
          const lower = lowerTextBound(value);
          const upper = upperTextBound(value);
          expect(Buffer.compare(utf8(lower), utf8(value))).toBeLessThanOrEqual(0);
          expect([...lower].length).toBeLessThanOrEqual(32);
          if (upper === undefined) {
            expect(value.startsWith("\u{10ffff}".repeat(32))).toBe(true);
            return;
          }
          expect(Buffer.compare(utf8(upper), utf8(value))).toBeGreaterThanOrEqual(0);
          expect([...upper].length).toBeLessThanOrEqual(32);
          expect(upper).toBe(utf8(upper).toString("utf8"));
        },
      ),
    );
    expect(upperTextBound("a".repeat(33))).toBe(`${"a".repeat(31)}b`);
    expect(upperTextBound("é".repeat(32))).toBe("é".repeat(32));
  });

  test("timestamp bounds hold although they are cut to milliseconds", () => {
    const micros = fc.bigInt({ min: -62_000_000_000_000_000n, max: 250_000_000_000_000_000n });
    fc.assert(
      fc.property(micros, fc.constantFrom("timestamp", "timestamp_ntz"), (value, type) => {
        const [min, max] = reread(type as DataType, value, value) as [bigint, bigint];
        expect(min <= value && value - min < 1000n).toBe(true);
        expect(max >= value && max - value < 2000n).toBe(true);
      }),
    );
    expect(bounds("timestamp", -1n, 1n)).toContain(
      '"1969-12-31T23:59:59.999Z"},"maxValues":{"c":"1970-01-01T00:00:00.001Z"}',
    );
    expect(bounds("timestamp_ntz", 0n, 0n)).toContain('"minValues":{"c":"1970-01-01T00:00:00.000"}');
  });

  test("other writers cut the greatest timestamp down: it is read as the end of its millisecond", () => {
    const stats = parseStats('{"numRecords":1,"maxValues":{"c":"1970-01-01T00:00:00.001Z"}}');
    expect(stats?.max(["c"], "timestamp")).toBe(1999n);
  });

  test("NaN, infinities and far years have no bound; zero is bounded by -0.0 and 0.0", () => {
    expect(bounds("double", Number.NaN, Infinity)).toContain('"minValues":{},"maxValues":{}');
    expect(bounds("double", 0, -0)).toContain('"minValues":{"c":-0.0},"maxValues":{"c":0.0}');
    expect(bounds("date", "0000-01-01", "+12000-01-01")).toContain('"minValues":{},"maxValues":{}');
    expect(bounds("timestamp", -(10n ** 18n), 10n ** 20n)).toContain('"minValues":{},"maxValues":{}');
    const withNaN = serializeStats(2, [{ path: ["c"], type: "double", min: 1, max: 2, nullCount: 0, hasNaN: true }]);
    expect(withNaN).toContain('"minValues":{"c":1},"maxValues":{}');
  });

  test("numbers come back with every digit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const [min, max] = reread("long", value, value);
        expect([BigInt(min as bigint), BigInt(max as bigint)]).toEqual([value, value]);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), (unscaled) => {
        const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(3, "0");
        const text = `${unscaled < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
        expect(reread("decimal(38,2)", text, text)).toEqual([text, text]);
      }),
    );
  });

  test("damaged or absent statistics are unknown, not wrong", () => {
    for (const text of [undefined, "", "{", "[]", "null", '{"minValues":3}']) {
      expect(parseStats(text)?.min(["c"], "long")).toBeUndefined();
    }
    expect(parseStats('{"numRecords":-1}')?.numRecords).toBeUndefined();
    expect(parseStats('{"minValues":{"c":"2014-13-45"}}')?.min(["c"], "timestamp")).toBeUndefined();
  });

  describe("are kept of", () => {
    const nested = { type: "struct", fields: [field("a", "long"), field("b.c", "string")] } as const;
    const mapped = field("x", "date", true, { "delta.columnMapping.physicalName": "col-1" });
    const schema = { type: "struct", fields: [field("p", "long"), field("s", nested), mapped] } as const;
    const paths = (configuration: Readonly<Record<string, string>>): string[] =>
      statsColumns(schema, ["p"], tableProperties(configuration)).map(({ path }) => path.join("/"));

    test("the first 32 leaf columns, under their names in the files; partition columns have none", () => {
      expect(paths({})).toEqual(["s/a", "s/b.c", "col-1"]);
      const wide = { type: "struct", fields: Array.from({ length: 40 }, (_, i) => field(`c${i}`, "long")) } as const;
      expect(statsColumns(wide, ["c0"]).map(({ path }) => path[0])).toEqual(
        Array.from({ length: 32 }, (_, i) => `c${i + 1}`),
      );
    });

    test("as many as the table says, or those that it names", () => {
      expect(paths({ "delta.dataSkippingNumIndexedCols": "2" })).toEqual(["s/a", "s/b.c"]);
      expect(paths({ "delta.dataSkippingNumIndexedCols": "0" })).toEqual([]);
      expect(paths({ "delta.dataSkippingNumIndexedCols": "-1" })).toHaveLength(3);
      expect(paths({ "delta.dataSkippingStatsColumns": "x, s.a" })).toEqual(["s/a", "col-1"]);
      expect(paths({ "delta.dataSkippingStatsColumns": "S.`b.c`" })).toEqual(["s/b.c"]);
      expect(paths({ "delta.dataSkippingStatsColumns": "s", "delta.dataSkippingNumIndexedCols": "0" })).toEqual([
        "s/a",
        "s/b.c",
      ]);
      expect(() => paths({ "delta.dataSkippingNumIndexedCols": "many" })).toThrow("dataSkippingNumIndexedCols");
    });
  });
});
