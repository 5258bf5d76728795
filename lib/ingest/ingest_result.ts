import { DISPLAY, type MimeBundle } from "../display.js";
import type { Format } from "./landing.js";

/**
 * `taken`: its rows are in the table. `already taken`: its content was taken before, under whatever name. `rejected`: moved
 * to `_rejected`. `skipped`: left in landing, for a later run or for nobody. `failed`: the machine's fault, tried again
 * by the next run.
 */
export type FileStatus = "taken" | "already taken" | "rejected" | "skipped" | "failed";

/** What became of one file in the landing folder. */
export interface IngestedFile {
  readonly name: string;
  readonly status: FileStatus;
  readonly format?: Format;
  /** Size in landing. */
  readonly bytes?: number;
  /** Rows added, corrupt ones among them. */
  readonly rows?: number;
  /** Rows kept as they came, because they do not fit the header or are no JSON objects. */
  readonly corrupt?: number;
  /** Columns that the contract does not know. */
  readonly unknown?: readonly string[];
  /** Name in the archive; of a file already taken, the name of the first one. */
  readonly archived?: string;
  /** Archived names of files of the same name and other content, taken earlier: this one may be meant to replace them. */
  readonly replaces?: readonly string[];
  /** Why it was not taken, or what else there is to say. */
  readonly note?: string;
  /** The line that made the file unusable, from 1. */
  readonly line?: number;
  /** What to do about it. */
  readonly remedy?: string;
  /** Where a rejected file is now, in the landing zone. */
  readonly movedTo?: string;
}

/** Counts over all files. */
export interface IngestTotals {
  readonly files: number;
  readonly rows: number;
  readonly corrupt: number;
  readonly rejected: number;
  readonly resent: number;
  readonly skipped: number;
  readonly failed: number;
  /** Landed bytes of the files taken. */
  readonly bytes: number;
}

/** What an ingest did, file by file; shown as a table in notebooks. */
export class IngestResult {
  readonly table: string;
  /** Version of the table afterwards; undefined when nothing could be committed. */
  readonly version: number | undefined;
  /** In the order of their names. */
  readonly files: readonly IngestedFile[];

  constructor(result: Pick<IngestResult, "table" | "version" | "files">) {
    this.table = result.table;
    this.version = result.version;
    this.files = result.files;
  }

  get totals(): IngestTotals {
    const of = (status: FileStatus): readonly IngestedFile[] => this.files.filter((file) => file.status === status);
    const taken = of("taken");
    const sum = (count: (file: IngestedFile) => number | undefined): number =>
      taken.reduce((total, file) => total + (count(file) ?? 0), 0);
    return {
      files: taken.length,
      rows: sum((file) => file.rows),
      corrupt: sum((file) => file.corrupt),
      rejected: of("rejected").length,
      resent: of("already taken").length,
      skipped: of("skipped").length,
      failed: of("failed").length,
      bytes: sum((file) => file.bytes),
    };
  }

  /** One line for each file that was not plainly taken: what a person should know. */
  get messages(): readonly string[] {
    return this.files.flatMap((file) => {
      const remarks = remarksOf(this.table, file);
      return remarks === "" ? [] : [`${file.name}: ${file.status === "taken" ? "" : `${file.status}, `}${remarks}`];
    });
  }

  toString(): string {
    const rows = [HEAD, ...this.files.map((file) => cells(this.table, file))];
    const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? "")].length)));
    const lines = rows.map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join("  ")
        .trimEnd(),
    );
    return [summary(this), ...(this.files.length === 0 ? [] : ["", ...lines])].join("\n");
  }

  [DISPLAY](): MimeBundle {
    return { "text/plain": this.toString(), "text/html": toHtml(this) };
  }
}

/** The table of files whose rows `npx tslake withdraw` takes out again. */
export const SALES_SOURCE = "bronze.vendas";

const HEAD = ["file", "status", "format", "rows", "corrupt", "archived as", "remarks"];
const NUMERIC = new Set([3, 4]);

function cells(table: string, file: IngestedFile): readonly string[] {
  const count = (value: number | undefined): string => (value === undefined ? "" : String(value));
  return [
    printable(file.name),
    file.status,
    file.format ?? "",
    count(file.rows),
    count(file.corrupt),
    file.archived ?? "",
    printable(remarksOf(table, file)),
  ];
}

function remarksOf(table: string, file: IngestedFile): string {
  const { note, line, remedy, movedTo, unknown = [], replaces = [], corrupt = 0 } = file;
  const place = line === undefined ? "" : ` (line ${line})`;
  return [
    note === undefined ? "" : `${note}${place}`,
    remedy ?? "",
    movedTo === undefined ? "" : `moved to ${movedTo}`,
    corrupt === 0 ? "" : corruptText(corrupt, file.format),
    unknown.length === 0 ? "" : `unknown columns: ${unknown.join(", ")}`,
    replaces.length === 0 ? "" : replacesText(table, replaces),
  ]
    .filter((part) => part !== "")
    .join("; ");
}

function replacesText(table: string, archived: readonly string[]): string {
  const told = `other content under this name was taken as ${archived.join(", ")}`;
  if (table !== SALES_SOURCE) return told;
  const commands = archived.map((name) => `npx tslake withdraw ${shellWord(name)}`);
  return `${told}; to take out what only that one holds: ${commands.join("; ")}`;
}

/** A text as one argument of a command, as shells read it. */
function shellWord(text: string): string {
  return /^[\w.,+@%:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function corruptText(rows: number, format: Format | undefined): string {
  if (format !== "ndjson") return `${rows} ${rows === 1 ? "row does" : "rows do"} not fit the header`;
  return rows === 1
    ? "1 line is no JSON object, has a name twice or half of a surrogate pair"
    : `${rows} lines are no JSON objects, have a name twice or half of a surrogate pair`;
}

function summary({ table, version, totals }: IngestResult): string {
  const counted = (count: number, what: string): string => (count === 0 ? "" : `, ${count} ${what}`);
  return (
    `${table} version ${version ?? "none"}: ${totals.rows} rows from ${totals.files} file${totals.files === 1 ? "" : "s"}` +
    counted(totals.resent, "already taken") +
    counted(totals.rejected, "rejected") +
    counted(totals.skipped, "left in landing") +
    counted(totals.failed, "failed")
  );
}

function toHtml(result: IngestResult): string {
  const row = (texts: readonly string[], tag: string): string =>
    `<tr>${texts.map((text, i) => `<${tag}${NUMERIC.has(i) ? ' style="text-align:right"' : ' style="text-align:left"'}>${escaped(text)}</${tag}>`).join("")}</tr>`;
  const table = `<table><thead>${row(HEAD, "th")}</thead><tbody>${result.files.map((file) => row(cells(result.table, file), "td")).join("")}</tbody></table>`;
  return `<p>${escaped(summary(result))}</p>${result.files.length === 0 ? "" : table}`;
}

function pad(cell: string, width: number, column: number): string {
  const fill = " ".repeat(Math.max(0, width - [...cell].length));
  return NUMERIC.has(column) ? fill + cell : cell + fill;
}

/** Names may hold line breaks and other controls. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "�");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
