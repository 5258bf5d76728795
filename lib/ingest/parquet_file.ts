import fs from "node:fs";
import { basename, dirname } from "node:path";
import type { FileMetaData, SchemaElement } from "hyparquet";
import { DataError, isTslakeError } from "../errors.js";
import { storageError } from "../storage/local_errors.js";
import { type HeaderMap, mapHeader } from "./header.js";
import type { Intake } from "./intake.js";
import type { PreparedFile, TextForm } from "./prepared.js";

/** What a Parquet file's footer says. */
interface Footer {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly nested: boolean; readonly text: TextForm }[];
}

/**
 * The rows of a Parquet file, as text: exact decimals, `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS[.ffffff]`.
 * @throws DataError when its footer is broken, a column is missing, or a column is a list or a struct
 */
export async function prepareParquet(path: string, intake: Intake): Promise<PreparedFile> {
  const footer = await readFooter(path);
  const map = mapHeader(
    intake,
    footer.columns.map((column) => column.name),
    1,
  );
  refuseNested(footer, map);
  refuseReserved(map);
  const known = [...map.columns].map(([name, index]) => [name, footer.columns[index]?.name ?? name] as const);
  return {
    source: { format: "parquet" },
    path: undefined,
    asItIs: true,
    fields: [...map.columns.values(), ...map.unknown.map(({ index }) => index)].map(
      (i) => footer.columns[i]?.name ?? "",
    ),
    columns: new Map([["_row", "_row"], ...known]),
    forms: new Map(footer.columns.map((column) => [column.name, column.text])),
    rescue: new Map(map.unknown.map(({ name, index }) => [name, footer.columns[index]?.name ?? name])),
    corrupt: [],
    counts: { rows: footer.rows, corrupt: 0 },
    unknown: map.unknown.map(({ name }) => name),
  };
}

async function readFooter(path: string): Promise<Footer> {
  const { parquetMetadataAsync } = await import("hyparquet");
  try {
    return footerOf(await parquetMetadataAsync(openBuffer(path)));
  } catch (error) {
    if (isTslakeError(error)) throw error;
    throw brokenParquet(error);
  }
}

/** The refusal of a Parquet file that a reader could not read. */
export function brokenParquet(cause: unknown): DataError {
  return new DataError("the Parquet file is broken", {
    expected: "a whole Parquet file",
    actual: (cause instanceof Error ? cause.message : String(cause)).split("\n")[0],
    remedy: "have the file sent again, complete",
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
    const nested = (element.num_children ?? 0) > 0 || element.repetition_type === "REPEATED";
    columns.push({ name: element.name, nested, text: textForm(element) });
    at = endOf(schema, at);
  }
  return { rows: Number(num_rows), columns };
}

/** The index after an element and everything below it. */
function endOf(schema: readonly SchemaElement[], at: number): number {
  let next = at + 1;
  for (let child = 0; child < (schema[at]?.num_children ?? 0); child++) next = endOf(schema, next);
  return next;
}

function textForm(element: SchemaElement): TextForm {
  if (element.type === "BYTE_ARRAY") return "empty is null";
  const logical = element.logical_type;
  if (logical?.type === "TIMESTAMP") return logical.isAdjustedToUTC ? "without zone" : "as is";
  const instant = element.converted_type?.startsWith("TIMESTAMP") === true || element.type === "INT96";
  return instant ? "without zone" : "as is";
}

function refuseNested(footer: Footer, map: HeaderMap): void {
  const used = [...map.columns.values(), ...map.unknown.map(({ index }) => index)];
  const nested = used.map((index) => footer.columns[index]).find((column) => column?.nested);
  if (nested === undefined) return;
  throw new DataError(`the column "${nested.name}" is a list or a struct`, {
    where: { column: nested.name },
    expected: "columns of plain values",
    remedy: "write the column as JSON text, or leave it out",
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
