import fs from "node:fs";
import { basename, dirname } from "node:path";
import type { FileMetaData, SchemaElement } from "hyparquet";
import { DataError, firstLine, isTslakeError } from "../errors.js";
import { storageError } from "../storage/local_errors.js";
import { type HeaderMap, mapHeader } from "./header.js";
import type { Intake } from "./intake.js";
import type { PreparedFile, TextForm } from "./prepared.js";

/** What a Parquet file's footer says. */
interface Footer {
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
}

interface ParquetColumn {
  readonly name: string;
  /** Why its values, or some within them, cannot be taken as text. */
  readonly refusal: string | undefined;
  readonly text: TextForm;
}

/**
 * The rows of a Parquet file, as text: exact decimals, `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS[.ffffff]` with nine decimals where
 * six do not hold the time, and a `Z` behind an instant; JSON of unknown columns that are nested.
 * @throws DataError when its footer is broken, a column is missing, or holds neither text nor numbers, days or times; lists and
 * structs of these are taken from unknown columns only
 */
export async function prepareParquet(path: string, intake: Intake): Promise<PreparedFile> {
  const footer = await readFooter(path);
  const map = mapHeader(
    intake,
    footer.columns.map((column) => column.name),
    1,
  );
  const used = [...map.columns.values(), ...map.unknown.map(({ index }) => index)];
  refuseTypes(used.flatMap((index) => footer.columns[index] ?? []));
  refuseNested(intake.required.flatMap(({ name }) => footer.columns[map.columns.get(name) ?? -1] ?? []));
  refuseReserved(map);
  const known = [...map.columns].map(([name, index]) => [name, footer.columns[index]?.name ?? name] as const);
  return {
    source: { format: "parquet" },
    path: undefined,
    asItIs: true,
    fields: used.map((index) => footer.columns[index]?.name ?? ""),
    columns: new Map([["_row", "_row"], ...known]),
    forms: new Map(footer.columns.map((column) => [column.name, column.text])),
    rescue: new Map(map.unknown.map(({ name, index }) => [name, footer.columns[index]?.name ?? name])),
    corrupt: [],
    counts: { rows: footer.rows, corrupt: 0 },
    unknown: map.unknown.map(({ name }) => name),
  };
}

/**
 * The names of a Parquet file's columns, in order.
 * @throws DataError when its footer is broken, or a column holds neither text nor numbers, days or times; StorageError when it cannot be read
 */
export async function parquetHeader(path: string): Promise<readonly string[]> {
  const { columns } = await readFooter(path);
  refuseTypes(columns);
  refuseNested(columns);
  return columns.map(({ name }) => name);
}

async function readFooter(path: string): Promise<Footer> {
  const { parquetMetadataAsync } = await import("hyparquet");
  const file = openBuffer(path);
  if (file.byteLength < LEAST_BYTES) throw brokenParquet(new RangeError(`${file.byteLength} bytes`));
  try {
    return footerOf(await parquetMetadataAsync(file));
  } catch (error) {
    if (isTslakeError(error)) throw error;
    throw brokenParquet(error);
  }
}

/** A file has its magic number twice and the length of its footer. */
const LEAST_BYTES = 12;

/** The refusal of a Parquet file that a reader could not read. */
export function brokenParquet(cause: unknown): DataError {
  return new DataError("the Parquet file is broken", {
    expected: "a whole Parquet file",
    actual: firstLine(cause),
    remedy: "have the file sent again, complete",
    cause,
  });
}

/** The refusal of a whole Parquet file with values that the engine cannot read. */
export function unreadableParquet(cause: unknown): DataError {
  return new DataError("the Parquet file holds values that cannot be read", {
    expected: "columns of text, numbers, booleans, days and timestamps",
    actual: firstLine(cause),
    remedy: "write its columns as text",
    cause,
  });
}

/** Whether a reader in plain JavaScript can read all values of a Parquet file. */
export async function isDecodable(path: string): Promise<boolean> {
  const { parquetRead } = await import("hyparquet");
  try {
    await parquetRead({ file: openBuffer(path), onChunk: () => undefined });
    return true;
  } catch {
    return false;
  }
}

function openBuffer(path: string) {
  const guarded = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw storageError("read", dirname(path), basename(path), error);
    }
  };
  const byteLength = guarded(() => fs.statSync(path).size);
  const slice = (start: number, end = byteLength): ArrayBuffer => {
    const bytes = new Uint8Array(Math.max(0, end - start));
    guarded(() => {
      const descriptor = fs.openSync(path, "r");
      try {
        fs.readSync(descriptor, bytes, 0, bytes.length, start);
      } finally {
        fs.closeSync(descriptor);
      }
    });
    return bytes.buffer;
  };
  return { byteLength, slice };
}

function footerOf({ schema, num_rows }: FileMetaData): Footer {
  const columns: Footer["columns"][number][] = [];
  for (let at = 1; at < schema.length; ) {
    const element = schema[at] as SchemaElement;
    const end = endOf(schema, at);
    const isNested = end > at + 1 || element.repetition_type === "REPEATED";
    const [refusal] = schema.slice(at, end).flatMap((part) => refusalOf(part) ?? []);
    columns.push({ name: element.name, refusal, text: isNested ? "json" : textForm(element) });
    at = end;
  }
  return { rows: Number(num_rows), columns };
}

/** The index after an element and everything below it. */
function endOf(schema: readonly SchemaElement[], at: number): number {
  let next = at + 1;
  for (let child = 0; child < (schema[at]?.num_children ?? 0); child++) next = endOf(schema, next);
  return next;
}

function textForm({ logical_type, converted_type }: SchemaElement): TextForm {
  return logical_type?.type === "DATE" || converted_type === "DATE" ? "without time" : "as is";
}

/** Digits of a decimal that the engine can hold. */
const DECIMAL_DIGITS = 38;
const TEXTS = new Set(["UTF8", "STRING", "ENUM", "JSON"]);

/** Why the values of an element cannot be taken as text, in words that follow its name. */
function refusalOf(element: SchemaElement): string | undefined {
  const type = element.logical_type?.type ?? element.converted_type;
  if (type === "DECIMAL") {
    const digits = element.logical_type?.type === "DECIMAL" ? element.logical_type.precision : element.precision;
    return (digits ?? 0) > DECIMAL_DIGITS ? `holds decimals of more than ${DECIMAL_DIGITS} digits` : undefined;
  }
  if (type?.startsWith("TIME") && !type.startsWith("TIMESTAMP")) return "holds times without a day";
  const isBytes = element.type === "BYTE_ARRAY" || element.type === "FIXED_LEN_BYTE_ARRAY";
  return isBytes && !TEXTS.has(type ?? "") ? `holds bytes (${type ?? element.type}), not text` : undefined;
}

function refuseTypes(columns: readonly ParquetColumn[]): void {
  for (const { name, refusal } of columns) if (refusal !== undefined) throw refusedType(name, refusal);
}

/** A column of the contract holds one value in each row. */
function refuseNested(columns: readonly ParquetColumn[]): void {
  for (const { name, text } of columns) if (text === "json") throw refusedType(name, "is a list or a struct");
}

function refusedType(column: string, reason: string): DataError {
  return new DataError(`the column "${column}" ${reason}`, {
    where: { column },
    expected: "columns of text, numbers, booleans, days and timestamps",
    remedy: "write the column as text, or leave it out",
  });
}

/** The engine numbers the rows of a file under this name. */
function refuseReserved({ unknown }: HeaderMap): void {
  if (!unknown.some(({ name }) => name === "_row")) return;
  throw new DataError('the column "_row" has a name that rows of a lake use themselves', {
    where: { column: "_row" },
    remedy: "rename it or leave it out",
  });
}
