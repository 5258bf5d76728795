/** Writes a lake's table three times and says so after each acknowledgement. Argument: the lake's folder. */
import { writeSync } from "node:fs";
import { Catalog } from "../../lib/contract/catalog.js";
import { integer, long } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { Lake } from "../../lib/lake/lake.js";
import { scan } from "../../lib/relation/relation.js";
import { LocalStorage } from "../../lib/storage/local.js";

const table = defineTable("silver.linhas", {
  description: "Lines",
  grain: "one line",
  write: "append",
  partitionBy: ["ano"],
  columns: { id: long().notNull(), ano: integer().notNull() },
});

async function main(folder: string): Promise<void> {
  const lake = new Lake({ storage: new LocalStorage(folder), catalog: new Catalog([table]), timeZone: "UTC" });
  for (let i = 0; i < 3; i++) {
    const values = [
      [String(i), "2014"],
      [String(i), String(2015 + i)],
    ];
    const { version } = await lake.write(
      table,
      scan({ kind: "values", rows: values }, table.schema.fields, lake) as never,
    );
    writeSync(1, `acknowledged ${version}\n`);
  }
}

main(process.argv[2] ?? "").catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
