import { isoMicros } from "../clock.js";
import type { Column } from "../relation/column.js";
import { type Relation, type Shape, scan } from "../relation/relation.js";
import type { TextColumn } from "../relation/text_column.js";
import { coalesce, concat, concatWith, lit, when } from "../relation/when.js";
import { field } from "../types.js";
import type { LandingTable } from "./intake.js";
import type { PreparedFile, TextForm } from "./prepared.js";

/** Where the rows of a file come from, as bronze keeps it. */
export interface Arrival {
  /** Where the engine finds the file. */
  readonly path: string;
  /** The name in the archive. */
  readonly file: string;
  /** Microseconds since the epoch. */
  readonly at: bigint;
}

/** The rows of a landed file with the columns of its table. */
export function bronzeRows(table: LandingTable, prepared: PreparedFile, arrival: Arrival): readonly Relation[] {
  const rows = [fileRows(table, prepared, arrival)];
  return prepared.corrupt.length === 0 ? rows : [...rows, corruptRows(table, prepared, arrival)];
}

/** No rows, with the columns of a table: a commit of these records what the step was. */
export function noRows(table: LandingTable): Relation {
  return scan({ kind: "values", rows: [] }, table.schema.fields);
}

function fileRows(table: LandingTable, prepared: PreparedFile, arrival: Arrival): Relation {
  const { source, path, fields, columns, rescue, forms } = prepared;
  const scanned = scan<Shape>({ kind: "file", path: path ?? arrival.path, ...source }, [
    ...fields.map((name) => field(name, "string")),
    ...(columns.get("_row") === "_row" ? [field("_row", "long")] : []),
  ]);
  const isJson = (from: string): boolean => forms?.get(from) === "json";
  const quoted = [...rescue.values()].filter((from) => !isJson(from));
  return jsonEscaped(scanned, quoted).select((t) => {
    const textOf = (name: string): TextColumn => formed(t[name] as TextColumn, forms?.get(name));
    const jsonOf = (name: string): TextColumn => (isJson(name) ? textOf(name) : concat('"', textOf(name), '"'));
    const values = table.columnNames.map((name): [string, Column] => {
      const from = columns.get(name);
      if (name === "_row") return [name, (t[from ?? "_row"] as TextColumn).cast("long")];
      if (name === "_rescued" && rescue.size > 0)
        return [name, jsonObject([...rescue].map(([key, from]) => [key, jsonOf(from)]))];
      return [name, from === undefined ? constant(name, arrival) : textOf(from)];
    });
    return Object.fromEntries(values);
  });
}

function corruptRows(table: LandingTable, { corrupt }: PreparedFile, arrival: Arrival): Relation {
  const rows = corrupt.map(({ line, text }) => [String(line), text]);
  const scanned = scan<Shape>({ kind: "values", rows }, [
    field("_row", "long", false),
    field("_corrupt_record", "string"),
  ]);
  return scanned.select((t) =>
    Object.fromEntries(
      table.columnNames.map((name) => [
        name,
        name === "_row" || name === "_corrupt_record" ? (t[name] as Column) : constant(name, arrival),
      ]),
    ),
  );
}

function constant(name: string, arrival: Arrival): Column {
  if (name === "_file") return lit(arrival.file);
  return name === "_ingested_at" ? lit(isoMicros(arrival.at), "timestamp") : lit(null, "string");
}

function formed(column: TextColumn, form: TextForm = "as is"): TextColumn {
  return form === "without time" ? column.replaceRegex(" 00:00:00$", "") : column;
}

/** Columns of JSON as the text of a JSON object, without those that are null; null when all are. */
function jsonObject(columns: readonly (readonly [string, TextColumn])[]): TextColumn {
  const members = columns.map(([name, value]) => concat(`${JSON.stringify(name)}:`, value));
  return when(coalesce(...members).isNotNull(), concat("{", concatWith(",", ...members), "}")).otherwise(null);
}

/** Characters that stand escaped in a JSON string; the backslash comes first. */
const ESCAPED = ["\\", '"', ...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code))];

/** Calls nested in one expression: engines take deep relations better than deep expressions. */
const NESTED = 5;

/** The relation with the text of some columns as it stands in a JSON string. */
function jsonEscaped(relation: Relation, names: readonly string[]): Relation {
  let escaped = relation;
  for (let from = 0; names.length > 0 && from < ESCAPED.length; from += NESTED) {
    const chars = ESCAPED.slice(from, from + NESTED);
    const step = (text: TextColumn): TextColumn =>
      chars.reduce((part, char) => part.replace(char, JSON.stringify(char).slice(1, -1)), text);
    escaped = escaped.extend((t) =>
      Object.fromEntries(names.map((name) => [name, step(t[name] as TextColumn)])),
    ) as Relation;
  }
  return escaped;
}
