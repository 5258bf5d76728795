import { statfsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { DataError, RelationError, StorageError } from "../../errors.js";
import { storageError } from "../../storage/local_errors.js";
import { TEMPORARY } from "./temporary.js";

/**
 * What Polars throws when a store fails it, a value does not fit its type or a pattern is none, as an error that says what to
 * do; any other as it is.
 */
export function engineError(error: unknown): unknown {
  const [message = ""] = error instanceof Error ? error.message.split(PLAN) : [];
  if (message.startsWith(STORE)) return storeError(message.slice(STORE.length).trim());
  return castError(message, error) ?? overflowError(message, error) ?? patternError(message, error) ?? error;
}

/** What Polars throws when a disk has no room for what it writes at a path, as an error that says what to do; any other as it is. */
export function writeError(error: unknown, path: string): unknown {
  const message = error instanceof Error ? error.message : "";
  const isFull = NO_SPACE.test(message) || (message.includes(NOT_WRITTEN) && isFullAt(dirname(path)));
  if (!isFull) return error;
  return storageError("write", dirname(path), basename(path), Object.assign(new Error(message), { code: "ENOSPC" }));
}

const NO_SPACE = /No space left on device|not enough space on the disk/;

/** Of a header or footer, read or written, Polars does not say what was wrong with it. */
const NOT_WRITTEN = "Invalid thrift: transport error";

/** Bytes that a header may need. */
const LITTLE_SPACE = 1 << 16;

function isFullAt(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < LITTLE_SPACE;
}

/** What follows an error that constants have made, before any row was read. */
const PLAN = "\n\nResolved plan until failure:";

const STORE = "object-store error: ";

function storeError(said: string): StorageError {
  const [, path = ""] = /\b(?:location|path) (\S+?)(?: not found)?:/.exec(said) ?? [];
  const [meaning, remedy, transient] = explain(said);
  return new StorageError(`Could not read data files: ${meaning}`, {
    where: path === "" ? {} : { path },
    actual: said,
    remedy,
    transient,
  });
}

/** A value that a strict cast refuses. */
function castError(message: string, cause: unknown): DataError | undefined {
  const found = /^conversion from `(.+?)` to `(.+?)` failed in column '(.*?)' .*?values: \[(.*)\]$/s.exec(message);
  if (found === null) return undefined;
  const [, from = "", to = "", column = "", values = ""] = found;
  const [, type = typeName(to), text = values] = /^"not an? ([^:]+): (.*)"$/s.exec(values) ?? [];
  return new DataError(`${text} does not fit the type ${type}`, {
    where: isInternal(column) ? {} : { column },
    expected: type,
    actual: typeName(from),
    remedy: "repair or leave out such values before, take a wider type, or tryCast, which makes them null",
    cause,
  });
}

/** A result of decimals with more digits than a decimal can have. */
function overflowError(message: string, cause: unknown): DataError | undefined {
  const [, operation, digits] = /^overflow in decimal (\w+) (?:for|in) (.*)$/s.exec(message) ?? [];
  if (operation === undefined) return undefined;
  return new DataError(`the result of a decimal ${operation} has too many digits`, {
    expected: "at most 38 digits",
    actual: `${digits}, digits without their point`,
    remedy: "repair or leave out such values before, or cast the operands to fewer decimals",
    cause,
  });
}

/** A regular expression that is none: the engine shows it with carets below its fault, or says only what is wrong. */
function patternError(message: string, cause: unknown): RelationError | undefined {
  if (!message.startsWith(PATTERN)) return undefined;
  const said = message.slice(PATTERN.length).trim();
  const shown = /^regex parse error:\n {4}(.*)\n {4}( *)\^+\nerror: (.*)$/.exec(said);
  const [, pattern, before = "", fault = said] = shown ?? [];
  return new RelationError(`a pattern is no regular expression: ${fault}`, {
    expected: "what RE2 and Java both take: no look-around, no back-references",
    actual: pattern === undefined ? undefined : `${pattern}, at character ${before.length + 1}`,
    remedy: "mend the pattern; a character that means itself stands behind a backslash",
    cause,
  });
}

const PATTERN = "regex error:";

/** True of what a query has for itself. */
function isInternal(column: string): boolean {
  return column.startsWith(TEMPORARY) || column === "literal" || column === "scalar";
}

/** A type as relations call it. */
function typeName(polars: string): string {
  return TYPES.get(polars) ?? polars.replace(/^decimal\[(\d+),(\d+)\]$/, "decimal($1,$2)");
}

const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ str: "string", i8: "byte", i16: "short", i32: "integer", i64: "long", f32: "float", f64: "double" }),
);

function explain(said: string): readonly [meaning: string, remedy: string, transient: boolean] {
  if (/ not found:/.test(said)) {
    return ["one that the log names does not exist", "Restore the file, or the table to a version without it.", false];
  }
  if (/necessary privileges|40[13] /.test(said)) {
    return ["access is denied", "Allow s3:GetObject on the bucket, or use other credentials.", false];
  }
  return ["the store does not answer as it should", "Check the endpoint and the network, and run again.", true];
}
