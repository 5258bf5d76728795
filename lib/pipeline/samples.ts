import { createHash } from "node:crypto";
import fs from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Snapshot } from "../delta/snapshot.js";
import { StorageError } from "../errors.js";
import { fileAppId } from "../ingest/ingest_log.js";
import type { WaitingFile } from "./landing.js";

/** The example input that comes with the workspace. */
export interface Samples {
  /** The folder that is laid out as a landing zone is. */
  readonly folder: string;
  /** The last day of their events: the logical day of a lake that holds nothing else. */
  readonly lastDay: string;
  readonly files: readonly SampleFile[];
}

export interface SampleFile {
  /** Relative to the landing zone. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of the content, in hexadecimal. */
  readonly sha256: string;
}

/**
 * The samples in a folder with a `samples.json` that says their last day; undefined where there are none.
 * @throws StorageError when they cannot be read
 */
export function openSamples(folder: string): Samples | undefined {
  const landing = join(folder, "landing");
  if (!fs.existsSync(join(folder, "samples.json")) || !fs.existsSync(landing)) return undefined;
  try {
    const manifest = JSON.parse(fs.readFileSync(join(folder, "samples.json"), "utf8")) as { readonly lastDay: string };
    const files = listFiles(landing).map((path) => sampleFile(landing, path));
    return { folder: landing, lastDay: manifest.lastDay, files };
  } catch (cause) {
    throw new StorageError("the samples cannot be read", { where: { path: folder }, cause });
  }
}

/** True when a landing zone holds no file, or only files that a broken-off copy of the samples left there. */
export function isFreeForSamples(samples: Samples, landing: string): boolean {
  const isCopy = (path: string): boolean => /(^|\/)\./.test(path) || samples.files.some((file) => file.path === path);
  try {
    return listFiles(landing).every(isCopy);
  } catch {
    return false;
  }
}

/**
 * Copies the samples into a landing zone; a file appears there whole or not at all.
 * @returns how many files there are
 * @throws StorageError
 */
export function copySamples(samples: Samples, landing: string): number {
  for (const { path } of samples.files) {
    const target = join(landing, path);
    const temporary = join(dirname(target), ".sample.tmp");
    try {
      fs.mkdirSync(dirname(target), { recursive: true });
      fs.cpSync(join(samples.folder, path), temporary, { preserveTimestamps: true });
      fs.renameSync(temporary, target);
    } catch (cause) {
      fs.rmSync(temporary, { force: true });
      throw new StorageError("the samples cannot be copied", { where: { path: target }, cause });
    }
  }
  return samples.files.length;
}

/** What the lake and its landing zone hold. */
export interface Origin {
  /** Files of the samples: taken by the lake, or waiting. */
  readonly samples: boolean;
  /** Files that are no samples and wait in the landing zone, by their path in it. */
  readonly others: readonly string[];
  /** True when the lake has taken other files. */
  readonly mixed: boolean;
}

/** Finds out whether a lake lives on the samples, from the digests of the files that its bronze tables have taken. */
export async function originOf(
  samples: Samples,
  bronze: readonly (Pick<Snapshot, "txns" | "allTxns"> | undefined)[],
  landing: string,
  waiting: readonly WaitingFile[],
): Promise<Origin> {
  const ids = samples.files.map((file) => fileAppId(file.sha256));
  const tables = bronze.filter((snapshot) => snapshot !== undefined);
  const counts = await Promise.all(tables.map(async (table) => (await table.txns(ids)).size));
  const taken = counts.some((count) => count > 0);
  const isOther = (id: string): boolean => id.startsWith(fileAppId("")) && !ids.includes(id);
  const mixed =
    taken && (await Promise.all(tables.map((table) => table.allTxns()))).some((txns) => [...txns.keys()].some(isOther));
  const others = waiting.filter((file) => !hasContentOf(samples, join(landing, file.path))).map((file) => file.path);
  return { samples: taken || others.length < waiting.length, others, mixed };
}

/** True when a file has the content of a sample, whatever its name. */
export function hasContentOf(samples: Samples, file: string): boolean {
  try {
    const { size } = fs.statSync(file);
    const alike = samples.files.filter((sample) => sample.size === size);
    return (
      alike.length > 0 && alike.some((sample) => sample.sha256 === sampleFile(dirname(file), basename(file)).sha256)
    );
  } catch {
    return false;
  }
}

/** Whatever is no folder below a folder, relative to it with `/`, sorted; nothing is below a folder that is absent. */
export function listFiles(folder: string, prefix = ""): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? listFiles(join(folder, entry.name), `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`],
    );
}

function sampleFile(folder: string, path: string): SampleFile {
  const bytes = fs.readFileSync(join(folder, path));
  return { path, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
