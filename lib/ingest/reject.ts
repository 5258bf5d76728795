import fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { isoMicros } from "../clock.js";
import type { DataError } from "../errors.js";
import { fsyncFile, fsyncFolder, makeFolder } from "../storage/durable.js";
import { LocalStorage } from "../storage/local.js";
import { storageError } from "../storage/local_errors.js";
import { cleanName, numbered } from "./archive_name.js";
import { identityAt } from "./file_identity.js";
import type { LandingTable } from "./intake.js";
import type { LandingFile } from "./landing.js";
import { linkFile } from "./link_file.js";
import { hashFile } from "./scan_file.js";

/** Folder of the landing zone for files that could not be taken. */
const REJECTED_FOLDER = "_rejected";

/** A file that could not be taken, and why. */
export interface Rejection {
  readonly file: LandingFile;
  readonly sha256: string;
  readonly error: DataError;
  /** Microseconds since the epoch. */
  readonly at: bigint;
}

/**
 * Moves a file to `<landing>/_rejected/`, with `<name>.error.json` beside it; the explanation is there first, so that a
 * killed run leaves no file without one, and the next run goes on where this one stopped. Nothing is overwritten.
 * @returns the file's path in the landing zone: `_rejected/<name>`
 * @throws StorageError; then the file is where it was
 */
export async function rejectFile(landing: string, table: LandingTable, rejection: Rejection): Promise<string> {
  const folder = join(landing, REJECTED_FOLDER);
  const { file, sha256 } = rejection;
  const storage = new LocalStorage(folder);
  const explanation = Buffer.from(`${JSON.stringify(explain(table, rejection), null, 2)}\n`);
  for (let number = 1; ; number++) {
    const name = numbered(cleanName(file.name), number);
    const target = join(folder, name);
    const beside = `${name}.error.json`;
    const explained = await storage.read(beside);
    if (explained !== undefined && shaIn(explained) !== sha256) continue;
    if (!(await isFreeFor(target, file, sha256))) continue;
    if (explained === undefined && !(await storage.putIfAbsent(beside, explanation))) continue;
    if (await move(file.path, target)) return `${REJECTED_FOLDER}/${name}`;
  }
}

function explain(table: LandingTable, { file, sha256, error, at }: Rejection): Readonly<Record<string, unknown>> {
  return {
    file: file.name,
    source: table.landing.source,
    table: table.name,
    reason: error.message,
    line: error.where.line ?? null,
    column: error.where.column ?? null,
    expected: error.expected ?? null,
    actual: error.actual ?? null,
    remedy: error.remedy ?? null,
    rejected_at: isoMicros(at),
    sha256,
  };
}

/** Whether nothing is at the path, or the file itself, put there by a run that was killed. */
async function isFreeFor(target: string, file: LandingFile, sha256: string): Promise<boolean> {
  const there = identityAt(target);
  if (there === undefined || there.file === file.identity.file) return true;
  return there.size === file.identity.size && (await hashFile(target)) === sha256;
}

/** False when another file has just taken the place. The bytes are on disk there before they are gone here. */
async function move(from: string, to: string): Promise<boolean> {
  try {
    makeFolder(dirname(to));
    if (identityAt(to) === undefined && !linkFile(from, to)) return false;
    await fsyncFile(to);
    fsyncFolder(dirname(to));
    fs.unlinkSync(from);
    return true;
  } catch (error) {
    throw storageError("move", dirname(dirname(from)), basename(from), error);
  }
}

function shaIn(explanation: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(explanation).toString("utf8"));
    return typeof value === "object" && value !== null && "sha256" in value ? value.sha256 : undefined;
  } catch {
    return undefined;
  }
}
