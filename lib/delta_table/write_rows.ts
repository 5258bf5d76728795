import { stopwatch } from "../clock.js";
import type { AddFile } from "../delta/actions/action.js";
import type { Predicate } from "../delta/predicate.js";
import type { Snapshot } from "../delta/snapshot.js";
import { UsageError } from "../errors.js";
import { literalExpr, nullExpr } from "../relation/literal.js";
import { type AnyRelation, Relation, type Shape, scan } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import type { StructField } from "../types.js";
import { assignedColumns } from "./assign.js";
import { type CommitOptions, commitChange, isDone, type TableWrite } from "./commit_change.js";
import { checkRows } from "./constraints.js";
import { type FileTarget, fileTarget, type StagedFiles, stageFiles } from "./data_files.js";
import { predicateText } from "./delete.js";
import { choose, extended, project } from "./expressions.js";
import { defaultOf, generationOf, withGenerated } from "./generated_columns.js";
import { type IdentityRows, identityRows, isIdentity, refuseGiven, withMarks } from "./identity_columns.js";
import { writeMetrics } from "./metrics.js";
import { ACTION, changeRows, type FileChange } from "./row_changes.js";
import { type AnyCondition, type Condition, conditionExpr, tableScope } from "./rules.js";
import { evolvedFor, replacedBy, type SchemaMode } from "./schema_evolution.js";
import { skippingPredicate } from "./skipping_predicate.js";
import type { TableHandle } from "./table_handle.js";
import { valuesOf } from "./values.js";

/** Rows to write: a relation, or objects with the table's columns. */
export type Rows = AnyRelation | readonly Readonly<Record<string, Value>>[];

export interface AppendOptions extends CommitOptions {
  /** `merge`: the table gets the columns that only the rows have. Default: they are refused. */
  readonly schemaMode?: SchemaMode;
}

export interface OverwriteOptions<S extends Shape = Shape> extends CommitOptions {
  /** As for `append`; `overwrite`: the table has the columns of the new rows from now on, and no others. */
  readonly schemaMode?: SchemaMode | "overwrite";
  /** Replace only the rows for which this is true; the new rows must all satisfy it. */
  readonly replaceWhere?: Condition<S>;
  /** `dynamic`: replace only the partitions that the new rows are in. Default `static`: the whole table. */
  readonly partitionOverwriteMode?: "static" | "dynamic";
}

/** Adds rows. See `DeltaTable.append`. */
export async function appendRows(table: TableHandle, rows: Rows, options: AppendOptions = {}): Promise<TableWrite> {
  return write(table, rows, options, { mode: "Append" }, async () => ({ removed: [], read: undefined }));
}

/** Replaces all rows, some partitions, or the rows of a condition. See `DeltaTable.overwrite`. */
export async function overwriteRows(
  table: TableHandle,
  rows: Rows,
  options: OverwriteOptions = {},
): Promise<TableWrite> {
  const { replaceWhere, partitionOverwriteMode, schemaMode } = options;
  if (schemaMode === "overwrite" && (replaceWhere !== undefined || partitionOverwriteMode === "dynamic")) {
    throw new UsageError(`${table.label}: schemaMode: "overwrite" replaces the whole table`, {
      remedy: "Leave out replaceWhere and partitionOverwriteMode.",
    });
  }
  if (replaceWhere !== undefined && partitionOverwriteMode === "dynamic") {
    throw new UsageError(`${table.label}: replaceWhere and partitionOverwriteMode: "dynamic" exclude each other`, {
      remedy: "Say either which rows go, or that those of the new rows' partitions go.",
    });
  }
  if (replaceWhere !== undefined) return replaceRows(table, rows, replaceWhere, options as AppendOptions);
  if (partitionOverwriteMode !== "dynamic") {
    const all = async (snapshot: Snapshot) => ({ removed: await snapshot.files(), read: "everything" as const });
    return write(table, rows, options, { mode: "Overwrite" }, all);
  }
  return write(
    table,
    rows,
    options,
    { mode: "Overwrite", partitionOverwriteMode: "dynamic" },
    async (snapshot, staged) => {
      const key = ({ partitionValues }: Pick<AddFile, "partitionValues">): string =>
        JSON.stringify(Object.entries(partitionValues).sort());
      const written = new Set(staged.files.map(key));
      return {
        removed: (await snapshot.files()).filter((file) => written.has(key(file))),
        read: "everything" as const,
      };
    },
  );
}

async function write(
  table: TableHandle,
  rows: Rows,
  options: Omit<OverwriteOptions, "replaceWhere">,
  parameters: Readonly<Record<string, string>>,
  replaced: (
    snapshot: Snapshot,
    staged: StagedFiles,
  ) => Promise<{ readonly removed: readonly AddFile[]; readonly read: Predicate | "everything" | undefined }>,
): Promise<TableWrite> {
  const started = stopwatch();
  const snapshot = await table.forWriting();
  if (await isDone(snapshot, options)) return { version: snapshot.version, committed: false, metrics: {} };
  const source = relationOf(table, snapshot, rows);
  const { schemaMode } = options;
  const evolution =
    schemaMode === "overwrite"
      ? replacedBy(snapshot, source.fields)
      : evolvedFor(snapshot, source.fields, schemaMode, table.label);
  const target = { ...fileTarget(table, snapshot), ...evolution.layout };
  const complete = await completeRows(target, source);
  try {
    const staged = await stageFiles(target, complete.rows.node);
    const { removed, read } = await replaced(snapshot, staged);
    return await commitChange(
      table,
      snapshot,
      { staged, removed },
      {
        operation: "WRITE",
        operationParameters: { ...parameters, partitionBy: snapshot.partitionColumns },
        metrics: writeMetrics({ staged, removed }, started()),
        ...(read === undefined ? {} : { read }),
        evolution: withMarks(evolution, snapshot, complete),
        options,
      },
    );
  } finally {
    complete.release();
  }
}

async function replaceRows(
  table: TableHandle,
  rows: Rows,
  replaceWhere: AnyCondition,
  options: AppendOptions,
): Promise<TableWrite> {
  const started = stopwatch();
  const snapshot = await table.forWriting();
  if (await isDone(snapshot, options)) return { version: snapshot.version, committed: false, metrics: {} };
  const source = relationOf(table, snapshot, rows);
  const evolution = evolvedFor(snapshot, source.fields, options.schemaMode, table.label);
  const target = { ...fileTarget(table, snapshot), ...evolution.layout };
  const condition = conditionExpr(replaceWhere, tableScope(snapshot.schema.fields));
  const complete = await completeRows(target, source);
  const held = await table.engine.materialize(complete.rows.node).finally(complete.release);
  try {
    const inserts = new Relation(held, table.engine);
    await checkRows(
      inserts,
      [{ name: `replaceWhere ${typeof replaceWhere === "string" ? replaceWhere : ""}`.trim(), condition }],
      target.label,
    );
    const skipping = skippingPredicate(condition);
    const change: FileChange = await changeRows(target, snapshot, await snapshot.files(skipping), {
      mark: (old) =>
        extended(old, [
          {
            name: ACTION,
            expr: choose([{ when: condition, then: literalExpr("delete", "string") }], nullExpr("string")),
          },
        ]),
      updated: [],
      inserts,
    });
    return await commitChange(table, snapshot, change, {
      operation: "WRITE",
      operationParameters: {
        mode: "Overwrite",
        partitionBy: snapshot.partitionColumns,
        predicate: predicateText(replaceWhere),
      },
      metrics: writeMetrics(change, started()),
      read: skipping ?? "everything",
      evolution: withMarks(evolution, snapshot, complete),
      options,
    });
  } finally {
    table.engine.release(held);
  }
}

/** Rows with the table's columns, in its order and types; generated columns that they lack are computed. */
async function completeRows(
  target: FileTarget,
  source: Relation,
): Promise<Pick<IdentityRows, "rows" | "fields" | "release">> {
  const { fields } = target.schema;
  const isGiven = (name: string): boolean => source.fields.some((f) => f.name === name);
  const missing = fields.filter(
    (f) => (isIdentity(f) || (generationOf(f) ?? defaultOf(f)) !== undefined) && !isGiven(f.name),
  );
  const present = assignedColumns(source.fields, without(fields, missing), target.label);
  refuseGiven(
    source.fields.map(({ name }) => name),
    fields,
    target.label,
  );
  const identity = await identityRows(target, source, (name) => !isGiven(name));
  const given = new Map([...present.map(({ name, expr }) => [name, expr] as const), ...identity.values()]);
  const all = withGenerated(given, undefined, fields, target.label);
  const columns = fields.map(({ name, type }) => ({ name, expr: all.get(name) ?? nullExpr(type) }));
  return { ...identity, rows: project(identity.rows, columns) };
}

function without(fields: readonly StructField[], some: readonly StructField[]): readonly StructField[] {
  return fields.filter((f) => !some.includes(f));
}

function relationOf(table: TableHandle, snapshot: Snapshot, rows: Rows): Relation {
  if ("node" in rows) return new Relation(rows.node, rows.runner);
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const fields = snapshot.schema.fields.filter((f) => (rows.length === 0 ? !isIdentity(f) : names.has(f.name)));
  const unknown = [...names].filter((name) => !fields.some((f) => f.name === name));
  if (unknown.length > 0) {
    throw new UsageError(`${table.label}: objects have names that are no columns of the table`, {
      expected: snapshot.schema.fields.map(({ name }) => name).join(", "),
      actual: `also ${unknown.join(", ")}`,
    });
  }
  return scan(valuesOf(fields, rows), fields, table.engine);
}
