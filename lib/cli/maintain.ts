import { parseSchema } from "../delta/schema.js";
import type { ConvertOptions, ConvertResult } from "../delta_table/convert.js";
import { DeltaTable } from "../delta_table/delta_table.js";
import type { OptimizeOptions, OptimizeResult } from "../delta_table/optimize.js";
import type { VacuumResult } from "../delta_table/vacuum.js";
import { UsageError } from "../errors.js";
import { field, type StructField } from "../types.js";
import { formatBytes } from "./describe.js";
import { type FoundTable, storageAt } from "./find_table.js";
import { printable } from "./rows.js";

type BuiltTable = FoundTable & { readonly table: DeltaTable };

export interface OptimizeFlags {
  readonly partition?: readonly string[];
  readonly targetSize?: number;
  readonly clusterBy?: readonly string[];
  readonly zOrder?: readonly string[];
  readonly purge?: true;
}

/** Optimizes, and says what came of it. */
export async function optimize({ name, table }: BuiltTable, flags: OptimizeFlags): Promise<string> {
  const { partition, targetSize, clusterBy, zOrder, purge } = flags;
  const options: OptimizeOptions = {
    ...(partition && { partition: Object.fromEntries(partition.map(partitionValue)) }),
    ...(targetSize !== undefined && { targetSize }),
    ...(clusterBy && { clusterBy }),
    ...(zOrder && { zOrderBy: zOrder }),
    ...(purge && { purge }),
  };
  return `${name}: ${optimized(await table.optimize(options))}`;
}

function optimized({ committed, version, removedFiles, addedFiles, removedBytes, addedBytes }: OptimizeResult): string {
  if (!committed) return `nothing to do, version ${version} stays`;
  return `version ${version} has ${addedFiles} files (${formatBytes(addedBytes)}) in place of ${removedFiles} (${formatBytes(removedBytes)}); npx tslake vacuum deletes these when the retention is over`;
}

export interface VacuumFlags {
  readonly retentionHours?: number;
  readonly retentionCheck: boolean;
  readonly yes?: true;
}

/** Deletes what no version needs; without the flag, only lists it. */
export async function vacuum({ name, table }: BuiltTable, flags: VacuumFlags): Promise<string> {
  const result = await table.vacuum({
    dryRun: flags.yes !== true,
    enforceRetention: flags.retentionCheck,
    ...(flags.retentionHours !== undefined && { retentionHours: flags.retentionHours }),
  });
  return vacuumed(name, result);
}

function vacuumed(name: string, { files, bytes, dryRun }: VacuumResult): string {
  if (files.length === 0) return `${name}: no file is older than the retention and needed by no version`;
  const what = `${files.length} files, ${formatBytes(bytes)}`;
  if (!dryRun) return `${name}: deleted ${what}`;
  const list = files.map((path) => `would be deleted: ${printable(path)}`);
  return [...list, `${name}: ${what}; nothing was deleted, to do it: npx tslake vacuum ${name} --yes`].join("\n");
}

export interface RestoreFlags {
  readonly version?: number;
  readonly timestamp?: string;
}

/** Restores, and says what came of it. */
export async function restore({ name, table, lake }: BuiltTable, flags: RestoreFlags): Promise<string> {
  if (flags.version === undefined && flags.timestamp === undefined) {
    throw new UsageError("restore needs the state that shall come back", {
      expected: "--version or --timestamp",
      remedy: `npx tslake history ${name} lists the versions.`,
    });
  }
  const { version, timestamp } = flags;
  const result = await table.restore({
    ...(version !== undefined && { version }),
    ...(timestamp !== undefined && { timestamp }),
  });
  if (!result.committed) return `${name}: is in the state of version ${result.restored} already`;
  const done = `${name}: version ${result.version} has the state of version ${result.restored} (${result.restoredFiles} files came back, ${result.removedFiles} went)`;
  return lake === undefined
    ? done
    : `${done}\nwhat the pipeline has read stays recorded; to compute the table anew: npm run pipeline -- --full-refresh --select ${name}`;
}

export interface ConvertFlags {
  readonly partitionType?: readonly string[];
  readonly name?: string;
}

/** Makes a folder of Parquet files a table, and says what came of it. */
export async function convert(folder: string, { partitionType = [], name }: ConvertFlags): Promise<string> {
  const options: ConvertOptions = {
    partitionTypes: partitionType.map(partitionField),
    ...(name !== undefined && { name }),
  };
  return converted(folder, await DeltaTable.convert(storageAt(folder), options));
}

function converted(folder: string, { files, rows, bytes }: ConvertResult): string {
  return `${folder}: a Delta table of ${rows} rows in ${files} files, ${formatBytes(bytes)}; npx tslake describe ${folder}`;
}

export interface ConstraintFlags {
  readonly add?: string;
  readonly drop?: string;
}

/** Adds or drops a CHECK constraint; lists those that there are. */
export async function constraints({ name, table }: BuiltTable, { add, drop }: ConstraintFlags): Promise<string> {
  if (drop !== undefined) await table.dropConstraint(drop);
  if (add !== undefined) await table.addConstraint(...pair(add, "--add", "positive=price > 0"));
  const found = Object.entries(await table.constraints());
  return found.length === 0
    ? `${name} has no constraints`
    : found.map(([one, sql]) => printable(`${one}: ${sql}`)).join("\n");
}

export interface PropertyFlags {
  readonly set?: readonly string[];
  readonly unset?: readonly string[];
}

/** Sets table properties or takes them away; lists those that there are. */
export async function properties(
  { name, table }: BuiltTable,
  { set = [], unset = [] }: PropertyFlags,
): Promise<string> {
  const changes = [
    ...set.map((text): [string, string] => pair(text, "--set", "delta.logRetentionDuration=interval 7 days")),
    ...unset.map((key): [string, null] => [key, null]),
  ];
  if (changes.length > 0) await table.setProperties(Object.fromEntries(changes));
  const found = Object.entries((await table.snapshot()).metadata.configuration).sort(([a], [b]) => (a < b ? -1 : 1));
  return found.length === 0
    ? `${name} has no properties`
    : found.map(([key, value]) => printable(`${key}=${value}`)).join("\n");
}

/** A number of bytes: `134217728`, `128mb`. */
export function byteSize(text: string): number {
  const [, digits, unit = ""] = /^(\d{1,15})\s*([kmg]?)i?b?$/i.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** ["", "k", "m", "g"].indexOf(unit.toLowerCase());
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new UsageError("not a size", { expected: "a number of bytes such as 134217728 or 128mb", actual: text });
}

/** Names between commas. */
export function nameList(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new UsageError("not a list of columns", { expected: "names between commas", actual: text });
}

function partitionValue(text: string): [string, string | null] {
  const [name, value] = pair(text, "--partition", "ano=2014");
  return [name, value === "" ? null : value];
}

function partitionField(text: string): StructField {
  const [name, type] = pair(text, "--partition-type", "ano=integer");
  const json = JSON.stringify({ type: "struct", fields: [{ name, type, nullable: true, metadata: {} }] });
  return parseSchema(json).fields[0] ?? field(name, "string");
}

function pair(text: string, flag: string, example: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  throw new UsageError(`${flag} needs a name and a value`, { expected: example, actual: text });
}
