import { type ColumnSpec, text } from "../contract/column_spec.js";
import { type AnyTable, LANDING_COLUMNS, type Landing, Table } from "../contract/define_table.js";
import { isLandingColumn } from "../contract/examine.js";
import type { StructField } from "../types.js";

/** A table that takes files. */
export type LandingTable = AnyTable & { readonly landing: Landing };

/** What a table takes from files: the columns of its contract and, by drift mode `evolve`, those that files have added. */
export interface Intake {
  /** With the added columns. */
  readonly table: LandingTable;
  /** Columns of the contract. */
  readonly required: readonly SourceColumn[];
  /** Columns that files have added. */
  readonly added: readonly SourceColumn[];
}

/** A column of the contract that a file has to bring. */
export interface SourceColumn {
  readonly name: string;
  /** As the file's header has it, normalised. */
  readonly header: string;
}

/** The columns that files bring: all of the contract but those that taking a file fills in. */
export function sourceColumns(table: AnyTable): readonly SourceColumn[] {
  return Object.entries(table.columns)
    .filter(([name, spec]) => !isLandingColumn(name) && spec.parse.rule !== "computed")
    .map(([name, spec]) => ({ name, header: normalName(spec.from ?? name) }));
}

/** Names are compared without outer spaces, in Unicode normal form C; upper and lower case count. */
export function normalName(name: string): string {
  return name.trim().normalize("NFC");
}

/** The intake of a table that is stored with these fields. */
export function intakeOf(table: LandingTable, stored: readonly StructField[]): Intake {
  const required = sourceColumns(table);
  const more = stored.filter((f) => !table.columnNames.includes(f.name));
  const columns = more.map((f) => [f.name, text().header(String(f.metadata["tslake.from"] ?? f.name))] as const);
  return {
    table: widened(table, columns),
    required,
    added: sourceColumns(widened(table, columns)).slice(required.length),
  };
}

/** The intake with columns for headers that it does not know yet, named in snake_case. */
export function evolve(intake: Intake, headers: readonly string[]): Intake {
  const names = new Set(intake.table.columnNames);
  const columns = headers.map((header): readonly [string, ColumnSpec] => {
    const base = snakeCase(header);
    let name = base;
    for (let n = 2; names.has(name); n++) name = `${base}_${n}`;
    names.add(name);
    return [name, text().header(header)];
  });
  const table = widened(intake.table, columns);
  const added = [...intake.added, ...columns.map(([name, spec]) => ({ name, header: spec.from ?? name }))];
  return { table, required: intake.required, added };
}

function widened(table: LandingTable, added: readonly (readonly [string, ColumnSpec])[]): LandingTable {
  if (added.length === 0) return table;
  const { name, layer, description, grain, reads, landing, write, drift, properties } = table;
  const own = Object.entries(table.columns).filter(([column]) => !isLandingColumn(column));
  const columns = { ...Object.fromEntries([...own, ...added]), ...LANDING_COLUMNS };
  return new Table(name, layer, {
    description,
    grain,
    columns,
    reads,
    landing,
    write,
    drift,
    properties,
  }) as LandingTable;
}

/** A column name for a header: snake_case ASCII, never empty. */
export function snakeCase(header: string): string {
  const words = header
    .normalize("NFD")
    .replaceAll(/\p{Mark}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return /^[a-z]/.test(words) ? words : `column_${words}`.replace(/_$/, "");
}
