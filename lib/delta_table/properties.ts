import { tableProperties } from "../delta/table_properties.js";
import { DataError, UnsupportedFeatureError, UsageError } from "../errors.js";
import { checkRows, constraintsOf } from "./constraints.js";
import type { TableHandle } from "./table_handle.js";
import { scanSnapshot } from "./table_reads.js";

/** A property's value, and null to take it away. */
export type PropertyChanges = Readonly<Record<string, string | null>>;

const CONSTRAINT = "delta.constraints.";

/** Properties under Delta's prefix that this engine knows, or passes on to those that do. */
const KNOWN = [
  "appendOnly",
  "autoOptimize.autoCompact",
  "autoOptimize.optimizeWrite",
  "checkpoint.writeStatsAsJson",
  "checkpoint.writeStatsAsStruct",
  "checkpointInterval",
  "checkpointPolicy",
  "columnMapping.mode",
  "dataSkippingNumIndexedCols",
  "dataSkippingStatsColumns",
  "deletedFileRetentionDuration",
  "enableChangeDataFeed",
  "enableDeletionVectors",
  "enableExpiredLogCleanup",
  "enableInCommitTimestamps",
  "enableRowTracking",
  "enableTypeWidening",
  "isolationLevel",
  "logRetentionDuration",
  "parquet.compression.codec",
  "randomizeFilePrefixes",
  "rowTrackingSuspended",
  "setTransactionRetentionDuration",
  "targetFileSize",
  "tuneFileSizesForRewrites",
].map((name) => `delta.${name}`);

/** Those of them that are true or false. */
const FLAGS: ReadonlySet<string> = new Set([
  "delta.appendOnly",
  "delta.checkpoint.writeStatsAsJson",
  "delta.checkpoint.writeStatsAsStruct",
  ...KNOWN.filter((name) => name.startsWith("delta.enable")),
]);

/** The values of those that have a few. */
const VALUES: ReadonlyMap<string, readonly string[]> = new Map([
  ["delta.checkpointPolicy", ["classic", "v2"]],
  ["delta.columnMapping.mode", ["none", "name", "id"]],
  ["delta.isolationLevel", ["Serializable", "WriteSerializable"]],
]);

/**
 * Sets table properties, or takes them away; answers the table's version afterwards. Features that they need are added
 * to the protocol.
 * @throws UsageError for a property of Delta that does not exist or has no such value, DeltaError for a value that cannot be
 * understood
 */
export async function changeProperties(table: TableHandle, changes: PropertyChanges): Promise<number> {
  const snapshot = await table.forWriting();
  checkProperties(changes);
  const { configuration } = snapshot.metadata;
  const changed = Object.entries({ ...configuration, ...changes }).flatMap(([name, value]): [string, string][] =>
    value === null ? [] : [[name, value]],
  );
  if (JSON.stringify(Object.fromEntries(changed)) === JSON.stringify(configuration)) return snapshot.version;
  const unset = Object.values(changes).every((value) => value === null);
  return changeConfiguration(table, Object.fromEntries(changed), {
    operation: unset ? "UNSET TBLPROPERTIES" : "SET TBLPROPERTIES",
    operationParameters: { properties: unset ? Object.keys(changes) : changes },
  });
}

/**
 * Looks at properties before a table gets them.
 * @throws UsageError for a property of Delta that does not exist or has no such value, DeltaError for a value that cannot be
 * understood
 */
export function checkProperties(changes: PropertyChanges): void {
  for (const [name, value] of Object.entries(changes)) {
    checkName(name);
    if (value !== null) checkValue(name, value);
  }
  const set = Object.entries(changes).filter((change): change is [string, string] => change[1] !== null);
  tableProperties(Object.fromEntries(set));
}

/** The CHECK constraints of a table: each name's SQL. */
export async function constraints(table: TableHandle): Promise<Readonly<Record<string, string>>> {
  const { configuration } = (await table.forWriting()).metadata;
  const found = Object.entries(configuration).filter(([name]) => name.startsWith(CONSTRAINT));
  return Object.fromEntries(found.map(([name, sql]) => [name.slice(CONSTRAINT.length), sql]));
}

/**
 * Adds a CHECK constraint, which every row must then satisfy; answers the table's version afterwards.
 * @throws UsageError when there is one of that name or its SQL is not understood, DataError when rows of the table break it
 */
export async function addConstraint(table: TableHandle, name: string, sql: string): Promise<number> {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new UsageError("A constraint's name has letters, digits and _", { actual: JSON.stringify(name) });
  const snapshot = await table.forWriting();
  const { configuration } = snapshot.metadata;
  const key = `${CONSTRAINT}${name.toLowerCase()}`;
  const known = configuration[key];
  if (known !== undefined) {
    throw new UsageError(`${table.label} has a constraint ${name} already`, {
      actual: known,
      remedy: "Drop it first, or give the new one another name.",
    });
  }
  const added = understood(name, sql, () => constraintsOf(snapshot.schema.fields, { [key]: sql }, table.label));
  try {
    await checkRows(scanSnapshot(snapshot, table.engine), added.slice(0, 1), table.label);
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError(`The constraint ${name} cannot be added: rows of the table break it`, {
      where: { table: table.label },
      expected: sql,
      actual: cause.actual,
      remedy: "Correct or delete these rows first.",
    });
  }
  return changeConfiguration(
    table,
    { ...configuration, [key]: sql },
    { operation: "ADD CONSTRAINT", operationParameters: { name, expr: sql } },
    true,
  );
}

/** What a new constraint says; it is not in the table yet, so that nobody else is to blame. */
function understood<T>(name: string, sql: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof UnsupportedFeatureError)) throw cause;
    throw new UsageError(`The constraint ${name} cannot be added: its condition is not understood`, {
      expected: "SQL over the table's columns that is true or false, as in price > 0",
      actual: sql,
      remedy: "Correct the condition.",
      cause: cause.cause ?? cause,
    });
  }
}

/**
 * Takes a CHECK constraint away; answers the table's version afterwards.
 * @throws UsageError that lists the constraints when there is none of that name
 */
export async function dropConstraint(table: TableHandle, name: string): Promise<number> {
  const { configuration } = (await table.forWriting()).metadata;
  const key = `${CONSTRAINT}${name.toLowerCase()}`;
  const { [key]: sql, ...rest } = configuration;
  if (sql !== undefined) {
    return changeConfiguration(table, rest, { operation: "DROP CONSTRAINT", operationParameters: { name, expr: sql } });
  }
  const names = Object.keys(await constraints(table));
  throw new UsageError(`${table.label} has no constraint ${name}`, {
    expected: names.length === 0 ? "none: the table has no constraints" : names.join(", "),
    actual: name,
  });
}

async function changeConfiguration(
  table: TableHandle,
  configuration: Readonly<Record<string, string>>,
  description: { readonly operation: string; readonly operationParameters: Readonly<Record<string, unknown>> },
  readsRows = false,
): Promise<number> {
  const transaction = (await table.forWriting()).transaction(description);
  if (readsRows) transaction.read();
  transaction.updateMetadata({ configuration });
  const result = await transaction.commit();
  table.follow(result.snapshot);
  return result.version;
}

function checkName(name: string): void {
  if (name.startsWith(CONSTRAINT)) {
    throw new UsageError("Constraints are no ordinary properties", {
      actual: name,
      remedy: "Use npx tslake constraints, or addConstraint.",
    });
  }
  if (name === "delta.minReaderVersion" || name === "delta.minWriterVersion") {
    throw new UsageError("The versions of a table's protocol are not set by properties here", {
      actual: name,
      remedy: "Set the property whose feature is wanted: the protocol follows.",
    });
  }
  if (!name.startsWith("delta.") || name.startsWith("delta.feature.")) return;
  const known = KNOWN.find((one) => one.toLowerCase() === name.toLowerCase());
  if (known === name) return;
  throw new UsageError(`Delta has no table property ${name}`, {
    expected: known ?? KNOWN.join(", "),
    actual: name,
    remedy: "Properties of your own take a name without the prefix `delta.`.",
  });
}

function checkValue(name: string, value: string): void {
  if (FLAGS.has(name) && !/^(?:true|false)$/i.test(value))
    throw new UsageError(`The table property ${name} is true or false`, { expected: "true, false", actual: value });
  const values = VALUES.get(name);
  if (values === undefined || values.includes(value)) return;
  throw new UsageError(`The table property ${name} has no such value`, { expected: values.join(", "), actual: value });
}
