import fs from "node:fs";
import { join } from "node:path";
import type { AnyTable, Landing } from "../contract/define_table.js";
import { codeOf, isAbsent, storageError } from "../storage/local_errors.js";
import { namePattern } from "../storage/name_pattern.js";
import { compareUtf8 } from "../storage/path.js";
import { type FileIdentity, identify } from "./file_identity.js";

/** How a file's rows are written down. */
export type Format = "csv" | "ndjson" | "parquet";

/** A file that a contract takes. */
export interface LandingFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly format: Format;
  readonly gzip: boolean;
  readonly identity: FileIdentity;
}

/** Something in a landing folder that stays where it is. */
export interface LeftFile {
  readonly name: string;
  readonly reason: string;
}

/** What lies in the landing folder of a source, in the UTF-8 order of the names. */
export interface LandingListing {
  readonly files: readonly LandingFile[];
  readonly left: readonly LeftFile[];
}

/**
 * Lists `<landing>/<source>`, not what is below it. Names that begin with `.` or `_` or end in `.part` or `.tmp` are not
 * mentioned at all. An absent folder holds nothing.
 * @throws StorageError when the folder cannot be read
 */
export function listLanding(
  landing: string,
  table: Pick<AnyTable, "name"> & { readonly landing: Landing },
): LandingListing {
  const folder = join(landing, table.landing.source);
  const files: LandingFile[] = [];
  const left: LeftFile[] = [];
  for (const name of namesIn(folder)) {
    if (isIgnored(name)) continue;
    const path = join(folder, name);
    const taken = isTaken(table.landing, name);
    const identity = taken ? regularFile(path) : foreign(table, name);
    if (typeof identity === "string") left.push({ name, reason: identity });
    else files.push({ name, path, ...formatOf(name), identity });
  }
  return { files, left };
}

/** Whether a contract takes files of this name; `*` in its patterns stands for any text, and `.gz` may follow. */
export function isTaken(landing: Landing, name: string): boolean {
  const plain = name.normalize("NFC").replace(/\.gz$/, "");
  return landing.files.some((pattern) => namePattern(pattern.normalize("NFC")).test(plain));
}

/** Names of files that are not finished, or not meant for anybody. */
function isIgnored(name: string): boolean {
  return /^[._]/.test(name) || /\.(part|tmp)$/.test(name);
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).sort(compareUtf8);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw storageError("list", folder, ".", error);
  }
}

/** The identity of a regular file, or why it is none. */
function regularFile(path: string): FileIdentity | string {
  try {
    const stat = fs.lstatSync(path, { bigint: true });
    if (stat.isFile()) return identify(stat);
    if (stat.isDirectory()) return "a folder, not a file; files inside folders are not taken";
    if (stat.isSymbolicLink()) return "a symbolic link, not a file; put the file itself here";
    return "not a regular file";
  } catch (error) {
    if (isAbsent(error)) return "gone before it could be read, or its name is not valid UTF-8";
    return `cannot be looked at: ${codeOf(error)}`;
  }
}

function foreign(table: Pick<AnyTable, "name"> & { readonly landing: Landing }, name: string): string {
  const { files } = table.landing;
  const patterns = files.join(", ");
  const inCase = files.some((pattern) => namePattern(pattern.normalize("NFC"), "sui").test(name.replace(/\.gz$/i, "")));
  return `${table.name} takes ${patterns}${inCase ? ": upper and lower case count" : ""}`;
}

/** By its name; what has no known extension is CSV. */
export function formatOf(name: string): { readonly format: Format; readonly gzip: boolean } {
  const gzip = name.endsWith(".gz");
  const extension = /\.([^.]*)$/.exec(gzip ? name.slice(0, -3) : name)?.[1];
  const formats: Readonly<Record<string, Format>> = { ndjson: "ndjson", jsonl: "ndjson", parquet: "parquet" };
  return { format: formats[extension ?? ""] ?? "csv", gzip };
}
