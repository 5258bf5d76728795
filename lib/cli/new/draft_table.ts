import { type ColumnSpec, ColumnSpec as Spec, text } from "../../contract/column_spec.js";
import type { AnyTable, Landing } from "../../contract/define_table.js";
import { UsageError } from "../../errors.js";
import { sourceColumns } from "../../ingest/intake.js";
import { formatType } from "../../types.js";
import type { SampleColumn } from "./sample.js";
import { suggestColumn } from "./suggest_column.js";
import { type DraftJoin, shortName, type TableDraft } from "./table_draft.js";

/** A table that takes files with these columns; every value stays text. */
export function draftBronze(name: string, landing: Landing, columns: readonly SampleColumn[]): TableDraft {
  return {
    layer: "bronze",
    name,
    description: `${titled(name)} as the files have them: text, unchanged`,
    grain: "one line of a file",
    columns: Object.fromEntries(
      columns.map(({ header, name: column }) => {
        const spec = header === column ? text() : text().header(header);
        return [column, spec.describe(titled(header))];
      }),
    ),
    landing,
    from: [],
    joins: [],
    write: "append",
    key: [],
  };
}

/**
 * A typed table of the rows of a bronze one. Without a key each different row counts once, known by the file and line where it
 * first occurred; with one, the last row of each key counts.
 * @param values of a column, from which its type is suggested
 * @throws UsageError for a key column that the source lacks
 */
export function draftSilver(
  name: string,
  source: AnyTable,
  values: (column: string) => readonly (string | null)[],
  key: readonly string[] = [],
): TableDraft {
  const names = sourceColumns(source).map((column) => column.name);
  const unknown = key.find((column) => !names.includes(column));
  if (unknown !== undefined) {
    throw new UsageError(`${source.name} has no column ${unknown}`, {
      expected: names.join(", "),
      actual: `--key ${key.join(" ")}`,
    });
  }
  const parsed = names.map((column): [string, ColumnSpec] => {
    const spec = suggestColumn(column, values(column)).describe(source.columns[column]?.description ?? "");
    return [column, key.includes(column) ? spec.notNull() : spec];
  });
  const identity = freeName("linha_de_origem", new Set(names));
  const isKeyed = key.length > 0;
  const place = isKeyed
    ? "Archived file and line of the row, the last of its key"
    : "Archived file and line of the row's first occurrence: its identity in this lake";
  return {
    layer: "silver",
    name,
    description: `${titled(name)}, typed${isKeyed ? `, the last row of each ${key.join(", ")}` : " and deduplicated"}`,
    grain: isKeyed
      ? `one ${key.join(", ")} of ${source.name}, as its last row has it`
      : `one row of ${source.name}, repetitions left out`,
    columns: { ...Object.fromEntries(parsed), [identity]: text().notNull().computed().describe(place) },
    place: identity,
    from: [source],
    joins: [],
    write: "merge",
    key: isKeyed ? key : [identity],
  };
}

/**
 * A table with the columns of its first source; every other source that can be looked up by its key adds its own. Versions of
 * two histories do not belong together, so none is looked up in a history. Of one source with a key it takes what is new; otherwise each run makes it anew.
 * @throws UsageError for a first source without columns
 */
export function draftDerived(layer: "silver" | "gold", name: string, from: readonly AnyTable[]): TableDraft {
  const [first, ...others] = from;
  if (first === undefined) throw new UsageError(`${layer}.${name} needs a source`, { remedy: "name one by --from" });
  const columns = new Map(Object.entries(first.columns).map(([column, spec]) => [column, carried(spec)]));
  const joins = others.map((source): DraftJoin => {
    const isState = source.write !== "append";
    const shared = source.key.every((column) => sameType(columns.get(column), source.columns[column]));
    const on = isState && shared ? source.key : [];
    const adds = on.length === 0 ? [] : source.columnNames.filter((column) => !columns.has(column));
    for (const column of adds) {
      const spec = source.columns[column];
      if (spec !== undefined) columns.set(column, new Spec({ ...carried(spec), nullable: true }));
    }
    return { source, on: adds.length === 0 ? [] : on, adds };
  });
  const incremental = others.length === 0 && first.key.length > 0;
  return {
    layer,
    name,
    description: `${titled(name)}, from ${from.map((table) => table.name).join(", ")}`,
    grain: first.grain,
    columns: Object.fromEntries(columns),
    from,
    joins,
    write: incremental ? "merge" : "overwrite",
    key: incremental ? first.key : [],
  };
}

/** A column as another table takes it over: neither parsed nor computed any more. */
function carried({ type, nullable, description }: ColumnSpec): ColumnSpec {
  const parse: ColumnSpec["parse"] = { rule: "text" };
  return new Spec({ type, nullable, description, parse: typeof type === "string" ? parse : { rule: "computed" } });
}

function sameType(a: ColumnSpec | undefined, b: ColumnSpec | undefined): boolean {
  return a !== undefined && b !== undefined && formatType(a.type) === formatType(b.type);
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}_${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** A name as the beginning of a sentence: `notas_fiscais` as `Notas fiscais`. */
function titled(name: string): string {
  const words = name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A table as notebooks of other layers link to it: `[silver.x](../silver/x.ipynb)`. */
export function linkTo(table: AnyTable): string {
  return `[${table.name}](../${table.layer}/${shortName(table)}.ipynb)`;
}
