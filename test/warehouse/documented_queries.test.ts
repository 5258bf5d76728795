import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatRows } from "../../lib/cli/rows.js";
import { warehouse as stars } from "../../lib/tables/index.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import type { GoldLake } from "./gold_lake.js";
import { sampleLake } from "./sample_star.js";

const DOCUMENT = "docs/how-to/query-the-star.md";
/** A question, its query and the answer that the document shows. */
const QUERY = /^## (.+)\n\n```sql\n([\s\S]*?)\n```\n\n```text\n([\s\S]*?)\n```$/gm;

const examples = [...readFileSync(DOCUMENT, "utf8").matchAll(QUERY)].map(
  ([, question = "", query = "", answer = ""]) => [question, query, answer] as const,
);

describe(DOCUMENT, () => {
  let lake: GoldLake;
  let warehouse: Warehouse;
  beforeAll(async () => {
    lake = await sampleLake();
    warehouse = lake.duckdb();
    await (await StarLoad.begin(lake.lake, stars.vendas, warehouse)).commit();
  }, 120_000);
  afterAll(() => lake.remove());

  test.each(examples)("%s", async (_question, query, answer) => {
    const { fields, rows } = await warehouse.query(query);
    const caption = rows.length === 1 ? "1 row" : `${rows.length} rows`;
    // Engines give a sum of whole numbers types of their own: the line of types is not compared.
    const plain = (text: string): readonly string[] =>
      text
        .trimEnd()
        .split("\n")
        .filter((_line, i) => i !== 1)
        .map((line) => line.replace(/[ ─]+/g, " ").trimEnd());
    expect(plain(formatRows(fields, rows, "table", caption))).toEqual(plain(answer));
  });

  test("asks more than one question", () => {
    expect(examples.length).toBeGreaterThan(5);
  });
});
