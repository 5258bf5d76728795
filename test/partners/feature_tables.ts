import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import type { Value } from "../../lib/relation/runner.js";
import { field, type StructField } from "../../lib/types.js";

/** What a table makes use of. */
export interface Features {
  readonly partitionBy: readonly string[];
  readonly columnMapping: boolean;
  readonly deletionVectors: boolean;
  readonly changeFeed: boolean;
  readonly constraints: boolean;
}

/** Every combination of features. */
export function featureTables(): readonly { readonly name: string; readonly features: Features }[] {
  const flags = [false, true];
  return [[], ["kind"], ["day", "number"]].flatMap((partitionBy) =>
    flags.flatMap((columnMapping) =>
      flags.flatMap((deletionVectors) =>
        flags.flatMap((changeFeed) =>
          flags.map((constraints) => {
            const features = { partitionBy, columnMapping, deletionVectors, changeFeed, constraints };
            return { name: nameOf(features), features };
          }),
        ),
      ),
    ),
  );
}

const COLUMNS: readonly StructField[] = [
  field("id", "long", false),
  field("kind", "string"),
  field("number", "integer"),
  field("small", "short"),
  field("flag", "boolean"),
  field("day", "date"),
  field("moment", "timestamp"),
  field("wall_clock", "timestamp_ntz"),
  field("price", "decimal(12,3)"),
  field("real", "double"),
];

const GENERATED = field("year", "integer", true, { "delta.generationExpression": "YEAR(day)" });

/** The properties and columns that the features call for. */
function definition(features: Features) {
  const { partitionBy, columnMapping, deletionVectors, changeFeed, constraints } = features;
  return {
    fields: constraints ? [...COLUMNS, GENERATED] : COLUMNS,
    partitionBy,
    properties: {
      ...(columnMapping ? { "delta.columnMapping.mode": "name" } : {}),
      ...(deletionVectors ? { "delta.enableDeletionVectors": "true" } : {}),
      ...(changeFeed ? { "delta.enableChangeDataFeed": "true" } : {}),
      ...(constraints ? { "delta.constraints.positive": "id > 0 AND (price IS NULL OR price < 1000000)" } : {}),
    },
  };
}

/** A table that went through every kind of write. */
export async function writeFeatureTable(folder: string, features: Features): Promise<DeltaTable> {
  const table = await DeltaTable.create(folder, { ...definition(features), description: "d" });
  await table.append(rowsFrom(1, 40));
  await table.append(rowsFrom(41, 60));
  await table.delete("id IN (3, 4, 50) OR kind = 'é/%'");
  await table.update({ number: "number + 1", price: "price * 2" }, "id BETWEEN 10 AND 12");
  const source = await DeltaTable.create(`${folder}-source`, { fields: COLUMNS });
  await source.append(rowsFrom(55, 64).map((row) => ({ ...row, kind: "merged" })));
  await table
    .merge(source.read(), ["id"])
    .whenMatchedDelete("source.id = 56")
    .whenMatchedUpdateAll()
    .whenNotMatchedInsertAll()
    .execute();
  await table.overwrite(
    rowsFrom(201, 203).map((row) => ({ ...row, kind: "replaced" })),
    {
      replaceWhere: "kind = 'replaced'",
    },
  );
  await table.delete("id = 60");
  return table;
}

const KINDS = ["a b", "é/%", null, "x=1"];

/** Rows of these ids, with nulls and awkward texts among their values. */
function rowsFrom(first: number, last: number): readonly Readonly<Record<string, Value>>[] {
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const id = first + i;
    const day = `2024-0${1 + (id % 3)}-1${id % 2}`;
    return {
      id: BigInt(id),
      kind: KINDS[id % KINDS.length] ?? null,
      number: id % 5 === 0 ? null : id % 2,
      small: (id % 100) - 50,
      flag: id % 3 === 0 ? null : id % 2 === 0,
      day: id % 7 === 0 ? null : day,
      moment: `${day}T0${id % 10}:00:00.00000${id % 10}Z`,
      wall_clock: `${day} 0${id % 10}:00:00.5`,
      price: id % 4 === 0 ? null : `${id}.12${id % 10}`,
      real: id % 6 === 0 ? Number.NaN : id / 8,
    };
  });
}

function nameOf({ partitionBy, columnMapping, deletionVectors, changeFeed, constraints }: Features): string {
  const parts = [
    partitionBy.length === 0 ? "plain" : `by ${partitionBy.join(" and ")}`,
    ...(columnMapping ? ["mapped"] : []),
    ...(deletionVectors ? ["vectors"] : []),
    ...(changeFeed ? ["changes"] : []),
    ...(constraints ? ["constraints"] : []),
  ];
  return parts.join(", ");
}
