import { columnMappingMode } from "../delta/column_mapping.js";
import type { Snapshot } from "../delta/snapshot.js";
import { UnsupportedFeatureError, UsageError } from "../errors.js";
import type { StructField } from "../types.js";
import { generationOf } from "./generated_columns.js";
import { type Evolution, evolvedTo, withColumns } from "./schema_evolution.js";
import { tokens } from "./sql_tokens.js";
import type { TableHandle } from "./table_handle.js";

/** Adds nullable columns at the end; answers the table's version afterwards. See `DeltaTable.addColumns`. */
export async function addColumns(table: TableHandle, fields: readonly StructField[]): Promise<number> {
  const snapshot = await table.forWriting();
  for (const { name, nullable } of fields) {
    refuseKnown(table, snapshot, name);
    if (nullable) continue;
    throw new UsageError(
      `${table.label}: a new column must be nullable, for the rows that are there have no value of it`,
      {
        where: { table: table.label, column: name },
        remedy: "Add it nullable, set its values, and add a CHECK constraint.",
      },
    );
  }
  const columns = fields.map(({ name, type, nullable }) => ({ column: { name, type, nullable, metadata: {} } }));
  return commitColumns(table, snapshot, withColumns(snapshot, fields), "ADD COLUMNS", { columns });
}

/** Gives a column another name; data files stay as they are. See `DeltaTable.renameColumn`. */
export async function renameColumn(table: TableHandle, from: string, to: string): Promise<number> {
  const snapshot = await table.forWriting();
  refuseUnmapped(table, snapshot, "renamed");
  const column = columnNamed(table, snapshot, from);
  refuseKnown(table, snapshot, to);
  refuseUsed(table, snapshot, column);
  const fields = snapshot.schema.fields.map((f) => (f === column ? { ...f, name: to } : f));
  const partitionColumns = snapshot.partitionColumns.map((name) => (name === column.name ? to : name));
  const parameters = { oldColumnPath: column.name, newColumnPath: to };
  return commitColumns(table, snapshot, evolvedTo(snapshot, fields), "RENAME COLUMN", parameters, partitionColumns);
}

/** Takes a column away; its values stay in data files until these are written again. See `DeltaTable.dropColumn`. */
export async function dropColumn(table: TableHandle, name: string): Promise<number> {
  const snapshot = await table.forWriting();
  refuseUnmapped(table, snapshot, "dropped");
  const column = columnNamed(table, snapshot, name);
  refuseUsed(table, snapshot, column);
  const fields = snapshot.schema.fields.filter((f) => f !== column);
  if (snapshot.partitionColumns.includes(column.name) || fields.length === snapshot.partitionColumns.length) {
    throw new UsageError(`${table.label}: the column ${name} cannot be dropped`, {
      where: { table: table.label, column: name },
      expected: "a column that does not partition the table, and is not its last one",
    });
  }
  return commitColumns(table, snapshot, evolvedTo(snapshot, fields), "DROP COLUMNS", { columns: [column.name] });
}

async function commitColumns(
  table: TableHandle,
  snapshot: Snapshot,
  { metadata }: Evolution,
  operation: string,
  operationParameters: Readonly<Record<string, unknown>>,
  partitionColumns = snapshot.partitionColumns,
): Promise<number> {
  const transaction = snapshot.transaction({ operation, operationParameters });
  transaction.updateMetadata({ ...metadata, partitionColumns });
  const result = await transaction.commit();
  table.follow(result.snapshot);
  return result.version;
}

function columnNamed(table: TableHandle, { schema }: Snapshot, name: string): StructField {
  const found = schema.fields.find((f) => f.name.toLowerCase() === name.toLowerCase());
  if (found) return found;
  throw new UsageError(`${table.label} has no column ${name}`, {
    where: { table: table.label, column: name },
    expected: `one of ${schema.fields.map((f) => f.name).join(", ")}`,
    actual: name,
  });
}

function refuseKnown(table: TableHandle, { schema }: Snapshot, name: string): void {
  if (!schema.fields.some((f) => f.name.toLowerCase() === name.toLowerCase())) return;
  throw new UsageError(`${table.label} has a column ${name} already`, { where: { table: table.label, column: name } });
}

function refuseUnmapped(table: TableHandle, { metadata }: Snapshot, what: string): void {
  if (columnMappingMode(metadata) !== "none") return;
  throw new UnsupportedFeatureError(`${table.label}: columns can only be ${what} where the table maps their names`, {
    where: { table: table.label },
    remedy: 'Turn it on first: setProperties({ "delta.columnMapping.mode": "name" })',
  });
}

/** A column that a constraint or a generated column speaks of keeps its name. */
function refuseUsed(table: TableHandle, { schema, metadata }: Snapshot, column: StructField): void {
  const checks = Object.entries(metadata.configuration).filter(([name]) => name.startsWith("delta.constraints."));
  const generated = schema.fields.flatMap((f): [string, string][] => {
    const sql = generationOf(f);
    return sql === undefined ? [] : [[`generated column ${f.name}`, sql]];
  });
  const user = [...checks, ...generated].find(([, sql]) =>
    tokens(sql).some(({ kind, value }) => (kind === "name" || kind === "quoted") && isSame(value, column.name)),
  );
  if (user === undefined) return;
  throw new UsageError(`${table.label}: the column ${column.name} is used by ${user[0]}`, {
    where: { table: table.label, column: column.name },
    actual: user[1],
    remedy: "Drop that first.",
  });
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
