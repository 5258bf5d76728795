import { DeltaError } from "../errors.js";
import type { DataType } from "../types.js";

/** The values in the names of the folders above a file, by column; null for Hive's name of null. */
export type FolderValues = ReadonlyMap<string, string | null>;

/**
 * The partition columns and values of files by their paths (`ano=2014/mes=01/a.parquet`). Throws DeltaError when two files
 * lie in folders of different columns, or when folders of another kind are among them.
 */
export function hivePartitions(paths: readonly string[]): {
  readonly columns: readonly string[];
  readonly values: readonly FolderValues[];
} {
  const folders = paths.map((path) => path.split("/").slice(0, -1));
  const isPartitioned = folders.some((names) => names.some((name) => PARTITION.test(name)));
  if (!isPartitioned) return { columns: [], values: paths.map(() => new Map()) };
  const values = folders.map((names, i) => new Map(names.map((name) => entryOf(name, paths[i] ?? ""))));
  const columns = [...(values[0]?.keys() ?? [])];
  const other = values.findIndex((one) => [...one.keys()].join("/") !== columns.join("/"));
  if (other < 0) return { columns, values };
  throw new DeltaError("The files do not lie in folders of the same partition columns", {
    where: { file: paths[other] ?? "" },
    expected: `${columns.join("/") || "no folders"}, as for ${paths[0] ?? ""}`,
    actual: [...(values[other]?.keys() ?? [])].join("/") || "no folders",
    remedy: "Move the files into folders of one kind, or convert the folders apart.",
  });
}

/** The narrowest of integer, long, date and string that all values have. */
export function inferPartitionType(values: readonly (string | null)[]): DataType {
  const given = values.filter((value) => value !== null);
  if (given.length === 0) return "string";
  if (given.every((value) => /^-?\d{1,9}$/.test(value))) return "integer";
  if (given.every((value) => /^-?\d{1,18}$/.test(value))) return "long";
  if (given.every((value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)))) return "date";
  return "string";
}

const PARTITION = /^([^=]+)=(.*)$/s;
const NULL = "__HIVE_DEFAULT_PARTITION__";

function entryOf(name: string, file: string): [string, string | null] {
  const [, column, value] = PARTITION.exec(name) ?? [];
  if (column === undefined || value === undefined) {
    throw new DeltaError(`The folder ${name} is no partition, but others are`, {
      where: { file },
      expected: "a name such as ano=2014",
      actual: name,
      remedy: "Move its files, or give it a name that begins with _ or a dot.",
    });
  }
  return [unescape(column), value === NULL || value === "" ? null : unescape(value)];
}

/** Hive escapes ASCII characters, other writers each byte of UTF-8: `%3A`, `%C3%A3`. */
function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}
