import { DataError } from "../errors.js";
import { unknownColumns } from "./header.js";
import { type Intake, normalName } from "./intake.js";
import { parseMembers, valueText } from "./json_object.js";
import { LineReader } from "./line_reader.js";
import type { PreparedFile } from "./prepared.js";
import { RowFile } from "./row_file.js";
import { readChunks } from "./scan_file.js";
import type { TemporaryFiles } from "./temporary_files.js";

/**
 * The rows of a file with one JSON object per line, in any order of members. A member that is absent is null; a line
 * that is no object, or names a member twice, is a corrupt record; blank lines are none.
 * @throws DataError for a file that cannot be taken: no line is an object, the first one opens a list, no object has a column
 * of the table, the last line is cut off, or the text is not UTF-8
 */
export async function prepareNdjson(path: string, intake: Intake, temporary: TemporaryFiles): Promise<PreparedFile> {
  const writer = new NdjsonWriter(intake, temporary);
  const reader = new LineReader((text, line, ended) => writer.take(text, line, ended));
  try {
    await readChunks(path, (chunk) => reader.push(chunk));
    reader.finish();
  } finally {
    writer.close();
  }
  return writer.finish();
}

interface Line {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

class NdjsonWriter {
  readonly #intake: Intake;
  readonly #target: RowFile;
  readonly #columns: readonly string[];
  /** Member names of the columns, normalised, to their places in a row. */
  readonly #places: ReadonlyMap<string, number>;
  /** The same by names as the file has them; undefined for unknown ones. */
  readonly #placeOf = new Map<string, number | undefined>();
  readonly #unknown = new Set<string>();
  #objects = 0;
  #known = 0;
  #firstBroken: Line | undefined;

  constructor(intake: Intake, temporary: TemporaryFiles) {
    const columns = [...intake.required, ...intake.added];
    this.#intake = intake;
    this.#columns = columns.map((column) => column.name);
    this.#target = new RowFile(temporary, this.#columns);
    this.#places = new Map(columns.map((column, place) => [column.header, place]));
  }

  take(text: string, line: number, ended: boolean): void {
    if (text.trim() === "") return;
    const members = parseMembers(text);
    if (members !== undefined && this.#add(members, line)) return;
    const isFirst = this.#objects === 0 && this.#firstBroken === undefined;
    if (isFirst && opensList(text)) throw noObjects("the first line opens a JSON list", { line, text });
    if (!ended && !isJson(text)) {
      throw new DataError("the last line is cut off: it has neither a line end nor the end of its object", {
        where: { line },
        expected: "one JSON object per line",
        actual: shortened(text),
        remedy: "have the file sent again, complete",
      });
    }
    this.#firstBroken ??= { line, text };
    this.#target.addCorrupt(text, line);
  }

  close(): void {
    this.#target.close();
  }

  finish(): PreparedFile {
    const broken = this.#firstBroken;
    if (broken !== undefined && this.#objects === 0) throw noObjects("no line is a JSON object", broken);
    if (this.#objects > 0 && this.#known === 0) {
      throw new DataError("no object has a column of the table", {
        where: { table: this.#intake.table.name },
        expected: this.#intake.required.map((column) => column.header).join(", "),
        actual: [...this.#unknown].join(", ").slice(0, 500) || "no member at all",
        remedy: "check that this is the right file",
      });
    }
    const prepared = this.#target.prepared(
      this.#columns.map((name) => [name, name]),
      [...this.#unknown],
    );
    return { ...prepared, source: { ...prepared.source, emptyTexts: true } };
  }

  /** False when two members mean the same column. */
  #add(members: ReadonlyMap<string, string>, line: number): boolean {
    const values = new Array<string | null>(this.#columns.length).fill(null);
    const filled = new Set<number>();
    const rescued: string[] = [];
    for (const [name, json] of members) {
      const place = this.#place(name, line);
      if (place === undefined) {
        if (json !== "null") rescued.push(`${JSON.stringify(name)}:${json}`);
        continue;
      }
      if (filled.has(place)) return false;
      filled.add(place);
      values[place] = valueText(json);
    }
    this.#objects++;
    this.#known += filled.size;
    this.#target.add(values, rescued, line);
    return true;
  }

  #place(name: string, line: number): number | undefined {
    if (this.#placeOf.has(name)) return this.#placeOf.get(name);
    const place = this.#places.get(normalName(name));
    if (place === undefined) {
      if (this.#intake.table.drift === "fail") throw unknownColumns(this.#intake.table, [name], line);
      this.#unknown.add(name);
    }
    this.#placeOf.set(name, place);
    return place;
  }
}

function noObjects(reason: string, { line, text }: Line): DataError {
  return new DataError(reason, {
    where: { line },
    expected: "one JSON object per line",
    actual: shortened(text),
    remedy: isList(text)
      ? "write each element of the list on a line of its own, without brackets and commas"
      : "write one whole object per line",
  });
}

function isList(text: string): boolean {
  return text.trimStart().startsWith("[");
}

/** Whether a list of the elements in this text goes on in the next lines, where its last element would look like a row. */
function opensList(text: string): boolean {
  return isList(text) && !isJson(text) && isJson(`${text.trimEnd().replace(/,$/, "")}]`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
