import { parquetMetadata } from "hyparquet";
import { expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { long, text } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { Lake } from "../../lib/lake/lake.js";
import { scan } from "../../lib/relation/relation.js";
import { MemoryStorage } from "../../lib/storage/memory.js";

function tableOf(properties: Readonly<Record<string, string>>) {
  return defineTable("silver.packed", {
    description: "Rows",
    grain: "one row",
    write: "append",
    columns: { id: long(), name: text() },
    properties,
  });
}

async function codecsOf(lake: Lake): Promise<readonly string[]> {
  const files = (await (await lake.snapshot("silver.packed"))?.files()) ?? [];
  const codecs = files.map(async ({ path }) => {
    const bytes = (await lake.tableStorage("silver.packed").read(path)) ?? new Uint8Array();
    const { row_groups } = parquetMetadata(Uint8Array.from(bytes).buffer);
    return row_groups.flatMap((group) => group.columns.map((column) => column.meta_data?.codec ?? ""));
  });
  return (await Promise.all(codecs)).flat();
}

test.each([
  [{}, "SNAPPY"],
  [{ "delta.parquet.compression.codec": "none" }, "UNCOMPRESSED"],
  [{ "delta.parquet.compression.codec": "UNCOMPRESSED" }, "UNCOMPRESSED"],
  [{ "delta.parquet.compression.codec": "zstd" }, "ZSTD"],
  [{ "delta.parquet.compression.codec": "lz4" }, "LZ4_RAW"],
  [{ "delta.parquet.compression.codec": "gzip" }, "GZIP"],
])("%o: every data file has %s pages, from the first one on", async (properties, codec) => {
  const table = tableOf(properties);
  const lake = new Lake({ storage: new MemoryStorage(), catalog: new Catalog([table]), timeZone: "UTC" });
  const rows = scan(
    {
      kind: "values",
      rows: [
        ["1", "um"],
        ["2", null],
      ],
    },
    table.schema.fields,
    lake,
  );
  await lake.write(table, rows);
  await lake.write(table, rows);
  expect(await codecsOf(lake)).toEqual([codec, codec, codec, codec]);
  const found = await lake
    .read(table)
    .orderBy((t) => [t.id])
    .collect();
  expect(found.map(({ name }) => name)).toEqual(["um", "um", null, null]);
});

test("an unknown codec is refused before anything is written", async () => {
  const table = tableOf({ "delta.parquet.compression.codec": "rar" });
  const lake = new Lake({ storage: new MemoryStorage(), catalog: new Catalog([table]), timeZone: "UTC" });
  const rows = scan({ kind: "values", rows: [["1", "um"]] }, table.schema.fields, lake);
  await expect(lake.write(table, rows)).rejects.toThrow("delta.parquet.compression.codec");
  expect(await lake.snapshot("silver.packed")).toBeUndefined();
});
