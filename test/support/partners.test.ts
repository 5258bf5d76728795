import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PartnerSession, type Reading, readAll } from "./partner_session.js";
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

describeWith("spark", "sessions", () => {
  test("that work at once have answers, errors and views of their own", { timeout: 120_000 }, async () => {
    const sessions = [0, 1, 2].map(() => new PartnerSession("spark"));
    const answers = sessions.map(async (session, number) => {
      await session.sql(`CREATE TEMPORARY VIEW own AS SELECT ${number} AS number`);
      await expect(session.sql(`SELECT missing_${number} FROM own`)).rejects.toThrow(`missing_${number}`);
      const asked = [1, 2, 3].map((factor) => session.sql(`SELECT number * ${factor} AS product FROM own`));
      return Promise.all(asked).finally(() => session.close());
    });
    const products = (number: number) => [1, 2, 3].map((factor) => [{ product: number * factor }]);
    expect(await Promise.all(answers)).toEqual([0, 1, 2].map(products));
  });

  test("that have ended refuse what they are told", async () => {
    const session = new PartnerSession("deltalake");
    session.close();
    await expect(session.run({ history: "nowhere" })).rejects.toThrow("the engine has ended");
  });
});

function essence(reading: Expected | Reading | undefined): Expected | undefined {
  return reading && { version: reading.version, rows: reading.rows, digest: reading.digest };
}
