import { DataError } from "../errors.js";
import { CsvInspection, prepareCsv, rewriteCsv } from "./csv_file.js";
import type { CsvScan } from "./csv_records.js";
import { mapHeader } from "./header.js";
import type { Intake } from "./intake.js";
import type { LandingFile } from "./landing.js";
import { prepareNdjson } from "./ndjson_file.js";
import { prepareParquet } from "./parquet_file.js";
import type { PreparedFile } from "./prepared.js";
import { readChunks, scanFile, unzipFile } from "./scan_file.js";
import type { TemporaryFiles } from "./temporary_files.js";

/** A landed file after its bytes were read once. */
export interface ExaminedFile {
  readonly file: LandingFile;
  readonly sha256: string;
  /** What a CSV file holds; of a zipped one it is not known yet. */
  readonly scan: CsvScan | undefined;
  /** Why the file cannot be taken, if that is known already. */
  readonly refusal: DataError | undefined;
}

/**
 * Reads a landed file once: its hash, and the structure of a CSV file.
 * @throws StorageError when it cannot be read
 */
export async function examineFile(file: LandingFile, intake: Intake): Promise<ExaminedFile> {
  if (file.format !== "csv" || file.gzip) {
    return { file, scan: undefined, ...(await scanFile(file.path, () => undefined)) };
  }
  const inspection = new CsvInspection(intake);
  const { sha256, refusal } = await scanFile(file.path, (chunk) => inspection.push(chunk));
  if (refusal !== undefined) return { file, sha256, scan: undefined, refusal };
  try {
    return { file, sha256, scan: inspection.finish(), refusal: undefined };
  } catch (error) {
    if (error instanceof DataError) return { file, sha256, scan: undefined, refusal: error };
    throw error;
  }
}

/**
 * Makes the rows of a landed file ready for the engine.
 * @throws DataError when the file cannot be taken; StorageError when the machine fails
 */
export async function prepareFile(
  examined: ExaminedFile,
  intake: Intake,
  temporary: TemporaryFiles,
): Promise<PreparedFile> {
  if (examined.refusal !== undefined) throw examined.refusal;
  const { file } = examined;
  if (!file.gzip) return prepareAt(file.path, examined, intake, temporary);
  const unzipped = temporary.path(`.${file.format}`);
  await unzipFile(file.path, unzipped);
  const prepared = await prepareAt(unzipped, examined, intake, temporary);
  return { ...prepared, path: prepared.path ?? unzipped };
}

/** The rows of a prepared CSV file, taken apart here because the engine and the scan did not agree on them. */
export async function takeApart(
  { file }: ExaminedFile,
  prepared: PreparedFile,
  intake: Intake,
  temporary: TemporaryFiles,
): Promise<PreparedFile> {
  const path = prepared.path ?? file.path;
  const { header } = await inspect(path, intake);
  return rewriteCsv(path, mapHeader(intake, header, 1), header.length, temporary);
}

async function prepareAt(
  path: string,
  { file, scan }: ExaminedFile,
  intake: Intake,
  temporary: TemporaryFiles,
): Promise<PreparedFile> {
  switch (file.format) {
    case "csv":
      return prepareCsv(path, scan ?? (await inspect(path, intake)), intake, temporary);
    case "ndjson":
      return prepareNdjson(path, intake, temporary);
    case "parquet":
      return prepareParquet(path, intake);
  }
}

async function inspect(path: string, intake: Intake): Promise<CsvScan> {
  const inspection = new CsvInspection(intake);
  await readChunks(path, (chunk) => inspection.push(chunk));
  return inspection.finish();
}
