import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePath, encodePath, fileKey, partitionFolder } from "../../lib/delta/file_path.js";
import { parseJson, stringifyJson } from "../../lib/delta/json.js";
import {
  parsePartitionValue,
  serializePartitionValue,
  serializePartitionValues,
} from "../../lib/delta/partition_values.js";
import { parseSchema, serializeSchema } from "../../lib/delta/schema.js";
import { tableProperties } from "../../lib/delta/table_properties.js";
import { DeltaError } from "../../lib/errors.js";
import { type DataType, field, type StructType } from "../../lib/types.js";

describe("partition values", () => {
  test("are stored as the protocol says, for every type", () => {
    const stored: readonly (readonly [DataType, Parameters<typeof serializePartitionValue>[1], string | null])[] = [
      ["string", "São Paulo/=%", "São Paulo/=%"],
      ["string", "", null],
      ["string", null, null],
      ["byte", -1, "-1"],
      ["long", 9007199254740993n, "9007199254740993"],
      ["double", 1.5, "1.5"],
      ["double", -0, "-0.0"],
      ["float", Number.NaN, "NaN"],
      ["decimal(10,2)", "-12.30", "-12.30"],
      ["boolean", true, "true"],
      ["date", "2014-05-01", "2014-05-01"],
      ["timestamp", 1398960600123456n, "2014-05-01T16:10:00.123456Z"],
      ["timestamp", -1n, "1969-12-31T23:59:59.999999Z"],
      ["timestamp_ntz", 1398960600000000n, "2014-05-01 16:10:00.000000"],
      ["binary", "\u0001\u00ff", "\u0001\u00ff"],
    ];
    for (const [type, value, text] of stored) {
      expect(serializePartitionValue(type, value)).toBe(text);
      const back = parsePartitionValue(type, text);
      expect(typeof back === "number" ? String(back) : back).toBe(
        typeof value === "number" ? String(value) : value === "" ? null : value,
      );
    }
    expect(() => serializePartitionValue({ type: "struct", fields: [] }, "x")).toThrow(DeltaError);
    expect(() => parsePartitionValue("integer", "x")).toThrow(DeltaError);
  });

  test("of other writers are read, too", () => {
    expect(parsePartitionValue("timestamp", "2014-05-01 16:10:00")).toBe(1398960600000000n);
    expect(parsePartitionValue("timestamp", "2014-05-01T13:10:00.5-03:00")).toBe(1398960600500000n);
    expect(parsePartitionValue("boolean", "TRUE")).toBe(true);
    expect(parsePartitionValue("double", "-Infinity")).toBe(-Infinity);
  });

  test("of a row are put in the order of the partition columns", () => {
    const schema: StructType = { type: "struct", fields: [field("a", "long"), field("b", "string")] };
    expect(Object.entries(serializePartitionValues(schema, ["b", "a"], { a: 1 }))).toEqual([
      ["b", null],
      ["a", "1"],
    ]);
    expect(() => serializePartitionValues(schema, ["c"], {})).toThrow(DeltaError);
  });
});

describe("paths in the log", () => {
  test("are URL-encoded and come back", () => {
    expect(encodePath("ano=2014/a b%20ç?#:.parquet")).toBe("ano=2014/a%20b%2520%C3%A7%3F%23%3A.parquet");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
        const path = `x/${text}`;
        expect(decodePath(encodePath(path))).toBe(path);
        expect(encodePath(path)).toMatch(/^[!-~]*$/);
      }),
    );
    expect(() => decodePath("/elsewhere/x.parquet")).toThrow(DeltaError);
    expect(() => decodePath("s3://bucket/x.parquet")).toThrow(DeltaError);
    expect(() => decodePath("bad%zz")).toThrow(DeltaError);
  });

  test("identify a file however they are written", () => {
    expect(fileKey({ path: "a%20b" })).toBe(fileKey({ path: "a b" }));
    expect(fileKey({ path: "file:///t/x" })).toBe(fileKey({ path: "/t/x" }));
    const deletionVector = { storageType: "u", pathOrInlineDv: "ab", offset: 1, sizeInBytes: 1, cardinality: 1 };
    expect(fileKey({ path: "a", deletionVector })).not.toBe(fileKey({ path: "a" }));
  });

  test("of partitions are Hive's", () => {
    expect(partitionFolder(["ano", "canal"], { ano: "2014", canal: "a:b/c=é" })).toBe("ano=2014/canal=a%3Ab%2Fc%3Dé/");
    expect(partitionFolder(["canal"], { canal: "é:".repeat(200) })).toBe(`canal=${"é%3A".repeat(25)}é/`);
    expect(partitionFolder(["ano"], { ano: null })).toBe("ano=__HIVE_DEFAULT_PARTITION__/");
  });
});

describe("JSON", () => {
  test("keeps every digit of 64-bit integers, and only of integers", () => {
    const text =
      '{"a":9223372036854775807,"b":"9223372036854775807","c":[-9223372036854775808,1.5e3],"d":1234567890123456}';
    expect(parseJson(text)).toEqual({
      a: 9223372036854775807n,
      b: "9223372036854775807",
      c: [-9223372036854775808n, 1500],
      d: 1234567890123456,
    });
    expect(stringifyJson(parseJson(text))).toBe(text.replace("1.5e3", "1500"));
    expect(parseJson('{"s":"\\"12345678901234567890\\\\"}')).toEqual({ s: '"12345678901234567890\\' });
  });

  test("is what JSON.parse and JSON.stringify say", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(stringifyJson(value)).toBe(text);
        // Integers beyond 2^53 differ only in being bigint.
        expect(stringifyJson(parseJson(text))).toBe(text);
      }),
    );
  });
});

describe("schema", () => {
  test("comes back from its JSON, nested and with metadata", () => {
    const schema: StructType = {
      type: "struct",
      fields: [
        field("id", "long", false),
        field("v", "decimal(18,2)", true, { comment: "preço" }),
        field("tags", { type: "map", keyType: "string", valueType: "timestamp_ntz", valueContainsNull: true }),
        field("itens", {
          type: "array",
          elementType: { type: "struct", fields: [field("a", "byte")] },
          containsNull: false,
        }),
      ],
    };
    expect(parseSchema(serializeSchema(schema))).toEqual(schema);
    expect(
      parseSchema('{"type":"struct","fields":[{"name":"v","type":"decimal(10, 2)","nullable":true,"metadata":{}}]}')
        .fields[0]?.type,
    ).toBe("decimal(10,2)");
  });

  test("of an unknown type names the column and the type", () => {
    const json = '{"type":"struct","fields":[{"name":"g","type":"geometry","nullable":true,"metadata":{}}]}';
    expect(() => parseSchema(json)).toThrow(/column g/);
    expect(() => parseSchema("{")).toThrow(DeltaError);
  });
});

describe("table properties", () => {
  test("have the protocol's defaults and read Spark's intervals", () => {
    expect(tableProperties({})).toMatchObject({
      appendOnly: false,
      checkpointInterval: undefined,
      deletedFileRetention: 7 * 86_400_000,
      setTransactionRetention: undefined,
      isolationLevel: "WriteSerializable",
    });
    const properties = tableProperties({
      "delta.appendOnly": "true",
      "delta.checkpointInterval": "100",
      "delta.deletedFileRetentionDuration": "interval 1 week 2 hours",
      "delta.setTransactionRetentionDuration": "30 days",
    });
    expect(properties.deletedFileRetention).toBe((7 * 24 + 2) * 3_600_000);
    expect(properties).toMatchObject({
      appendOnly: true,
      checkpointInterval: 100,
      setTransactionRetention: 30 * 86_400_000,
    });
  });

  test("that cannot be understood are errors", () => {
    expect(() => tableProperties({ "delta.checkpointInterval": "0" })).toThrow(DeltaError);
    expect(() => tableProperties({ "delta.deletedFileRetentionDuration": "soon" })).toThrow(DeltaError);
  });
});
