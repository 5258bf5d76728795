import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Reading, readAll } from "./partner_session.js";
import { describeWith, shared } from "./partners.js";

/** Tables with every kind of value: primitive types, decimals, times, nested values, partitions, deletion vectors. */
const TABLES = ["dat-all_primitive_types", "dat-nested_types", "dat-partitioned_with_null", "rs-table-with-dv-small"];

interface Expected {
  readonly version: number;
  readonly rows: number;
  readonly digest: string;
}

for (const engine of ["deltalake", "spark"] as const) {
  describeWith(engine, `${engine} as a second reader`, () => {
    describeWith("shared", "of the conformance tables", () => {
      test("gives their known answers, and names one that cannot be read", { timeout: 300_000 }, async () => {
        const root = join(shared() ?? "", "conformance", "delta");
        const answers: { tables: Record<string, Expected> } = JSON.parse(
          readFileSync(join(root, "expected.json"), "utf8"),
        );
        const folders = TABLES.map((table) => join(root, table));
        const [absent, ...readings] = await readAll(engine, [join(root, "absent"), ...folders, `${folders[0]}@0`]);
        expect(absent).toEqual({ folder: join(root, "absent"), error: expect.any(String) });
        const expected = [...TABLES, TABLES[0] ?? ""].map((table) => answers.tables[table]);
        expect(readings.map(essence)).toEqual(expected.map(essence));
      });
    });
  });
}

function essence(reading: Expected | Reading | undefined): Expected | undefined {
  return reading && { version: reading.version, rows: reading.rows, digest: reading.digest };
}
