import type { AnyTable } from "../contract/define_table.js";
import type { AddFile } from "../delta/actions/action.js";
import { createTable } from "../delta/create_table.js";
import type { Snapshot } from "../delta/snapshot.js";
import { tableProperties } from "../delta/table_properties.js";
import type { Transaction } from "../delta/transaction.js";
import { type FileTarget, type StagedFiles, stageFiles } from "../delta_table/data_files.js";
import type { FileChange as FilesChanged } from "../delta_table/row_changes.js";
import type { PolarsEngine } from "../engine/polars/engine.js";
import type { RelationNode } from "../relation/node.js";
import type { Relation } from "../relation/relation.js";
import { currentRun, report } from "../run.js";
import type { Storage } from "../storage/storage.js";
import { LINEAGE_DOMAIN } from "./column_lineage.js";
import { notesWith, SOURCES_DOMAIN, type SourceVersion } from "./consumed.js";
import { evolution } from "./evolve.js";
import { currentMark, STEP_DOMAIN, sameMark, storedMark } from "./step_mark.js";
import { contractProperties } from "./table_options.js";
import type { WriteOptions, WriteResult } from "./write_result.js";

/** Everything that one write of a table works with. */
export interface Target {
  readonly engine: PolarsEngine;
  /** Rooted at the table's folder. */
  readonly storage: Storage;
  readonly table: AnyTable;
  /** The newest version; undefined while there is no table. */
  readonly snapshot: Snapshot | undefined;
  /** The tables that the rows were read from, by name. */
  readonly sources: ReadonlyMap<string, SourceVersion>;
  readonly options: WriteOptions;
  /** Where the columns of the rows come from; undefined where nobody asks. */
  readonly lineage?: string | undefined;
  /** The rows of some data files of the table, with the columns of its contract. */
  scanFiles(files: readonly AddFile[]): Relation;
}

/** What a write does to the table's files. */
export interface FileChange extends Pick<FilesChanged, "hidden" | "changeFiles"> {
  readonly operation: "WRITE" | "MERGE" | "DELETE";
  readonly mode: "Append" | "Overwrite" | "Merge" | "Delete";
  readonly staged: StagedFiles;
  readonly removed: readonly AddFile[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** How a table's data files are written: by its contract. */
export function fileTarget({ engine, storage, table, snapshot }: Target): FileTarget {
  const { name: label, schema, partitionBy: partitionColumns } = table;
  const properties = snapshot?.properties ?? tableProperties(contractProperties(table));
  const stored = snapshot && { configuration: snapshot.metadata.configuration };
  return { engine, storage, label, schema, partitionColumns, properties, ...stored };
}

/** Adds the rows, or replaces the whole table by them. */
export async function writeRows(target: Target, node: RelationNode, replace: boolean): Promise<WriteResult> {
  const staged = await stageFiles(fileTarget(target), node);
  const removed = replace && target.snapshot ? await target.snapshot.files() : [];
  return commitChange(target, {
    operation: "WRITE",
    mode: replace ? "Overwrite" : "Append",
    staged,
    removed,
    metrics: { written: staged.rows, inserted: staged.rows },
  });
}

/**
 * Commits a change of files with everything that later runs decide by, in one commit: the versions of its
 * sources, the step's mark, and the caller's marks and domains. Nothing is committed when there is nothing to say.
 */
export async function commitChange(target: Target, change: FileChange): Promise<WriteResult> {
  const { snapshot, table } = target;
  const metrics = {
    ...target.options.metrics,
    ...(await target.options.beforeCommit?.(change.metrics["written"] ?? change.staged.rows)),
    ...change.metrics,
    files: change.staged.files.length,
  };
  const marks = await newMarks(target);
  const evolved = evolution(table, snapshot);
  const idle =
    change.staged.files.length === 0 &&
    change.removed.length === 0 &&
    marks.txns.size === 0 &&
    marks.domains.size === 0;
  if (snapshot !== undefined && idle && evolved === undefined) {
    return { table: table.name, version: snapshot.version, committed: false, metrics };
  }
  const transaction = await openTransaction(target, change);
  if (evolved) transaction.updateMetadata({ schemaString: evolved.schema });
  if (evolved?.widens) await rewriteWider(target, transaction, change);
  for (const file of change.removed) transaction.removeFile(file);
  for (const file of change.hidden ?? []) transaction.addFile(file);
  for (const file of change.staged.files) transaction.addFile(file);
  for (const file of change.changeFiles ?? []) transaction.addChangeFile(file);
  for (const [appId, version] of marks.txns) transaction.setTransaction(appId, version);
  for (const [domain, value] of marks.domains) transaction.setDomainMetadata(domain, value);
  if (await isNewLineage(target)) transaction.setDomainMetadata(LINEAGE_DOMAIN, target.lineage ?? "");
  transaction.setMetrics({ numOutputRows: change.staged.rows, numOutputBytes: change.staged.bytes, ...metrics });
  const result = await transaction.commit();
  if (result.committed && currentRun()?.step === table.name) report({ ...change.metrics, bytes: change.staged.bytes });
  return { table: table.name, version: result.version, committed: result.committed, metrics };
}

/** Files that stay in the table are written again with the wider types of its contract; their rows do not change. */
async function rewriteWider(target: Target, transaction: Transaction, change: FileChange): Promise<void> {
  const { snapshot } = target;
  const gone = new Set(change.removed.map(({ path }) => path));
  const stay = ((await snapshot?.files()) ?? []).filter(({ path }) => !gone.has(path));
  const { files } = await stageFiles(fileTarget(target), target.scanFiles(stay).node);
  for (const file of stay) transaction.removeFile(file, { dataChange: false });
  for (const file of files) transaction.addFile({ ...file, dataChange: false });
}

async function openTransaction(target: Target, change: FileChange): Promise<Transaction> {
  const { table, snapshot, storage } = target;
  const run = currentRun();
  const options = {
    operation: change.operation,
    operationParameters: { mode: change.mode, partitionBy: table.partitionBy },
    // Two writers that insert one key must not both win.
    ...(change.mode === "Merge" ? { isolationLevel: "Serializable" as const } : {}),
    tslake: {
      ...(run === undefined ? {} : { runId: run.runId, step: run.step }),
      sources: Object.fromEntries([...target.sources].map(([name, { version }]) => [name, version])),
    },
  };
  if (snapshot !== undefined) {
    const transaction = snapshot.transaction(options);
    if (change.mode !== "Append") transaction.read();
    return transaction;
  }
  return createTable(
    storage,
    {
      schema: table.schema,
      partitionColumns: table.partitionBy,
      name: table.name,
      description: table.description,
      configuration: contractProperties(table),
      features: ["domainMetadata"],
    },
    options,
  );
}

/** Lineage goes with a commit that has another reason: by itself it makes none. */
async function isNewLineage({ snapshot, lineage }: Target): Promise<boolean> {
  return lineage !== undefined && (await snapshot?.domainMetadata(LINEAGE_DOMAIN)) !== lineage;
}

interface Marks {
  readonly txns: ReadonlyMap<string, number>;
  readonly domains: ReadonlyMap<string, string>;
}

/** The marks that differ from those of the newest version. */
async function newMarks(target: Target): Promise<Marks> {
  const { snapshot, options, table, sources } = target;
  const wanted = new Map(Object.entries(options.txns ?? {}));
  const stored = (await snapshot?.txns([...wanted.keys()])) ?? new Map<string, bigint>();
  const txns = new Map([...wanted].filter(([appId, version]) => (stored.get(appId) ?? -1n) < BigInt(version)));
  const domains = new Map<string, string>();
  const consumed = sources.size === 0 ? {} : { [SOURCES_DOMAIN]: await notesWith(snapshot, sources) };
  for (const [domain, value] of Object.entries({ ...consumed, ...options.domains })) {
    const text = JSON.stringify(value);
    if ((await snapshot?.domainMetadata(domain)) !== text) domains.set(domain, text);
  }
  const mark = currentMark(table.name);
  if (mark !== undefined && !sameMark(mark, await storedMark(snapshot))) domains.set(STEP_DOMAIN, JSON.stringify(mark));
  return { txns, domains };
}
