import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import type { Value } from "../../lib/relation/runner.js";
import { field, type StructField } from "../../lib/types.js";
import { canonicalLines } from "../support/canonical_rows.js";
import { PartnerSession } from "../support/partner_session.js";
import { describeWith } from "../support/partners.js";

const scratch = mkdtempSync(join(tmpdir(), "tslake-nested-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const FIELDS: readonly StructField[] = [
  field("id", "long", false),
  field("kind", "string"),
  field("place", {
    type: "struct",
    fields: [field("city", "string"), field("at", { type: "array", elementType: "double", containsNull: true })],
  }),
  field("prices", { type: "map", keyType: "string", valueType: "decimal(12,3)", valueContainsNull: true }),
  field("visits", {
    type: "map",
    keyType: "date",
    valueType: {
      type: "array",
      elementType: {
        type: "struct",
        fields: [
          field("moment", "timestamp"),
          field("notes", { type: "map", keyType: "integer", valueType: "string", valueContainsNull: true }),
        ],
      },
      containsNull: true,
    },
    valueContainsNull: true,
  }),
];

function rowsFrom(first: number, last: number): readonly Readonly<Record<string, Value>>[] {
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const id = first + i;
    const notes: readonly Value[] = [
      [id, `ç${id}`],
      [-id, null],
    ];
    const visit = { moment: `2024-02-0${1 + (id % 9)} 00:00:00.00000${id % 10}Z`, notes: id % 3 === 0 ? null : notes };
    return {
      id: BigInt(id),
      kind: id % 2 === 0 ? "even" : null,
      place: id % 4 === 0 ? null : { city: `c${id}`, at: id % 3 === 0 ? null : [id / 4, null] },
      prices: [null, [], [["a", `${id}.125`]], [["b", null]]][id % 4] ?? [
        ["a", "0.000"],
        ["ü", "-1.500"],
      ],
      visits:
        id % 5 === 0
          ? null
          : [
              ["2024-01-31", [visit, null]],
              ["0001-01-01", []],
              ["2024-03-01", null],
            ].slice(0, id % 4),
    };
  });
}

const MODES = ["none", "name", "id"] as const;
const folderOf = (mode: string): string => join(scratch, mode);

async function writeTable(mode: string): Promise<void> {
  const properties = { "delta.columnMapping.mode": mode, "delta.enableChangeDataFeed": "true" };
  const table = await DeltaTable.create(folderOf(mode), { fields: FIELDS, partitionBy: ["kind"], properties });
  await table.append(rowsFrom(1, 20));
  await table.update({ kind: "'even'" }, "id = 7");
  await table.delete("id IN (2, 3)");
  const source = await DeltaTable.create(`${folderOf(mode)}-source`, { fields: FIELDS });
  await source.append(rowsFrom(19, 24));
  await table.merge(source.read(), ["id"]).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute();
  if (mode !== "none") await table.renameColumn("prices", "price list");
  await table.append(mode === "none" ? rowsFrom(30, 31) : renamed(rowsFrom(30, 31)));
}

function renamed(rows: readonly Readonly<Record<string, Value>>[]) {
  return rows.map(({ prices = null, ...row }) => ({ ...row, "price list": prices }));
}

async function linesOf(folder: string): Promise<readonly string[]> {
  const table = await DeltaTable.open(folder);
  return canonicalLines(table.fields, await table.read().collect());
}

beforeAll(async () => {
  for (const mode of MODES) await writeTable(mode);
}, 120_000);

for (const engine of ["deltalake", "spark"] as const) {
  describeWith(engine, `${engine} and columns of maps, lists and structs that we write`, () => {
    let session: PartnerSession;
    beforeAll(() => {
      session = new PartnerSession(engine);
    });
    afterAll(() => session.close());

    test.each(MODES)("column mapping %s", { timeout: 120_000 }, async (mode) => {
      const folder = folderOf(mode);
      const read = await session.read(folder);
      expect(read.lines).toHaveLength(24);
      expect(read.lines).toEqual(await linesOf(folder));
      // Neither reads a change feed across the renaming of a column.
      if (mode === "none") {
        const changes = (await (await DeltaTable.open(folder)).changes({ from: 1 })).drop("_commit_timestamp");
        const ours = canonicalLines(changes.fields, await changes.collect());
        expect((await session.changes(folder, 1)).lines).toEqual(ours);
      }
      if (engine === "deltalake") return;
      const column = mode === "none" ? "prices" : "`price list`";
      await session.sql(`UPDATE delta.\`${folder}\` SET ${column} = map('s', 1.5) WHERE id IN (5, 30)`);
      await session.sql(`ALTER TABLE delta.\`${folder}\` ADD COLUMN more STRUCT<a: MAP<STRING, INT>>`);
      const table = await DeltaTable.open(folder);
      await table.update({ id: "id + 100" }, "id >= 30");
      const more = { a: [["k", 1]] };
      await table.append(
        (mode === "none" ? rowsFrom(40, 41) : renamed(rowsFrom(40, 41))).map((row) => ({ ...row, more })),
      );
      expect((await session.read(folder)).lines).toEqual(await linesOf(folder));
    });
  });
}
