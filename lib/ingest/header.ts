import type { AnyTable } from "../contract/define_table.js";
import { DataError } from "../errors.js";
import { type Intake, normalName, type SourceColumn, sourceColumns } from "./intake.js";

/** Where the columns of a contract stand in a file. */
export interface HeaderMap {
  /** Column of the table to the index of its field; an added column may be absent. */
  readonly columns: ReadonlyMap<string, number>;
  /** Fields that the contract does not know, under the names that the file gives them. */
  readonly unknown: readonly { readonly name: string; readonly index: number }[];
}

/**
 * Finds the contract's columns in a header, in whatever order. A name that is empty becomes `column N`.
 * @param line where the header stands
 * @throws DataError for a name that stands there twice, a missing column, or, by drift mode `fail`, an unknown one
 */
export function mapHeader(intake: Intake, header: readonly string[], line: number): HeaderMap {
  const { table, required, added } = intake;
  const names = header.map((name, index) => normalName(name) || `column ${index + 1}`);
  const missing = required.filter((column) => !names.includes(column.header));
  if (missing.length > 0) throw missingColumns(table, required, missing, names, line);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    const places = names.flatMap((name, index) => (name === twice ? [index + 1] : []));
    throw new DataError(`the header has the column "${twice}" more than once`, {
      where: { line, column: twice },
      expected: "each column once",
      actual: `in places ${places.join(" and ")}`,
      remedy: "remove or rename one of them",
    });
  }
  const known = [...required, ...added].filter((column) => names.includes(column.header));
  const unknown = names.flatMap((name, index) =>
    known.some((column) => column.header === name) ? [] : [{ name, index }],
  );
  if (unknown.length > 0 && table.drift === "fail")
    throw unknownColumns(
      table,
      unknown.map(({ name }) => name),
      line,
    );
  return { columns: new Map(known.map((column) => [column.name, names.indexOf(column.header)])), unknown };
}

/** The refusal of a file that brings columns which its contract does not know, by drift mode `fail`. */
export function unknownColumns(table: AnyTable, unknown: readonly string[], line: number): DataError {
  return new DataError(`unknown column${unknown.length > 1 ? "s" : ""} ${listed(unknown)}`, {
    where: { table: table.name, line, column: unknown[0] ?? "" },
    expected: sourceColumns(table)
      .map((column) => column.header)
      .join(", "),
    actual: unknown.join(", "),
    remedy: `add them to the contract of ${table.name}, or let it rescue them (drift: "rescue")`,
  });
}

function missingColumns(
  table: AnyTable,
  wanted: readonly SourceColumn[],
  missing: readonly SourceColumn[],
  names: readonly string[],
  line: number,
): DataError {
  const plural = missing.length > 1 ? "s" : "";
  return new DataError(`missing column${plural} ${listed(missing.map((column) => column.header))}`, {
    where: { table: table.name, line, column: missing[0]?.header ?? "" },
    expected: wanted.map((column) => column.header).join(", "),
    actual: names.join(", ").slice(0, 500),
    remedy: remedyFor(wanted, missing, names),
  });
}

function remedyFor(
  wanted: readonly SourceColumn[],
  missing: readonly SourceColumn[],
  names: readonly string[],
): string {
  const headers = new Set(wanted.map((column) => column.header));
  for (const [delimiter, called] of [
    [";", "semicolons"],
    ["\t", "tabs"],
    ["|", "vertical bars"],
  ] as const) {
    const joined = names.filter((name) => name.includes(delimiter));
    const parts = joined.flatMap((name) => name.split(delimiter)).map((part) => normalName(part.replaceAll('"', "")));
    if (names.length < wanted.length && parts.filter((part) => headers.has(part)).length > 1) {
      return `separate the fields by commas; this file seems to use ${called}`;
    }
  }
  if (names.some((name) => name.includes("\r"))) {
    return "end the lines with line feeds; this file seems to end them with carriage returns only";
  }
  for (const { header } of missing) {
    const near = names.find((name) => !headers.has(name) && loosely(name) === loosely(header));
    if (near !== undefined) return `rename the column "${near}" to "${header}"`;
    const twice = names.find((name) => Buffer.from(name, "latin1").toString("utf8") === header);
    if (twice !== undefined)
      return `"${twice}" is UTF-8 that was encoded a second time: export the file again as UTF-8`;
  }
  if (!names.some((name) => headers.has(name)))
    return "put the header in the first line, or check that this is the right file";
  return "have the file sent with all columns";
}

function loosely(name: string): string {
  return name
    .normalize("NFD")
    .replaceAll(/[^\p{Letter}\p{Number}]/gu, "")
    .toLowerCase();
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
