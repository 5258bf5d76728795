/**
 * The error family. Every error that a user can meet says what happened, where, what was expected, what was found and
 * what to do. `transient` errors may succeed when tried again (a busy disk, a lost race); all others are terminal.
 */

/** Where something happened; each field is set only when it is known. Lines, columns and cells count from 1. */
export interface Where {
  readonly table?: string;
  readonly version?: number | bigint;
  readonly path?: string;
  readonly file?: string;
  readonly notebook?: string;
  readonly cell?: number;
  readonly line?: number;
  readonly column?: number | string;
}

/** The evidence that an error carries. */
export interface Evidence {
  readonly where?: Where | undefined;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  /** What the reader can do about it, as an imperative sentence. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
  readonly transient?: boolean | undefined;
}

const BRAND = Symbol.for("tslake.error");

/** Base of all errors that are about the user's data, files or commands, as opposed to bugs. */
export class TslakeError extends Error {
  readonly where: Where;
  readonly expected: string | undefined;
  readonly actual: string | undefined;
  readonly remedy: string | undefined;
  readonly transient: boolean;

  constructor(message: string, evidence: Evidence = {}) {
    super(message, evidence.cause === undefined ? undefined : { cause: evidence.cause });
    this.name = new.target.name;
    this.where = evidence.where ?? {};
    this.expected = evidence.expected;
    this.actual = evidence.actual;
    this.remedy = evidence.remedy;
    this.transient = evidence.transient ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** What an error says first, whatever was thrown. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

/** A command, parameter or setting that cannot be understood. Exit status 2. */
export class UsageError extends TslakeError {}

/** A table definition that contradicts itself, or a change of one that the stored table cannot follow. */
export class ContractError extends TslakeError {}

/** A relation that cannot be built: unknown column, wrong type, ambiguous name. */
export class RelationError extends TslakeError {}

/** Input that breaks what was promised about it. */
export class DataError extends TslakeError {}

/** Bytes that could not be read or written. */
export class StorageError extends TslakeError {}

/** A Delta log that is damaged, or an operation that the protocol forbids. */
export class DeltaError extends TslakeError {}

/** A Delta table that needs a feature which this engine does not have; the message names it. */
export class UnsupportedFeatureError extends DeltaError {}

/** Another writer committed first and what it changed cannot be reconciled with this commit. */
export class ConflictError extends DeltaError {}

/** A notebook that cannot be compiled or that failed while it ran. */
export class NotebookError extends TslakeError {}

/** A warehouse that cannot be reached, refuses what it is asked, or would hold what breaks its star. */
export class WarehouseError extends TslakeError {}

/** True for any error of the family, also when it was made by another copy of this module. */
export function isTslakeError(error: unknown): error is TslakeError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** The error as a person reads it: message, place, expected and actual, remedy, then the causes; never a stack. */
export function describeError(error: unknown): string {
  const lines: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current !== undefined && depth < 8; depth++) {
    lines.push(...describeOne(current, depth === 0 ? "" : "caused by: "));
    current = current instanceof Error ? current.cause : undefined;
  }
  return lines.join("\n");
}

function describeOne(error: unknown, prefix: string): string[] {
  if (!isTslakeError(error)) return [prefix + (error instanceof Error ? error.message : String(error))];
  const place = describePlace(error.where);
  const lines = [`${prefix}${error.message}`];
  if (place !== "") lines.push(`  at ${place}`);
  if (error.expected !== undefined) lines.push(`  expected: ${error.expected}`);
  if (error.actual !== undefined) lines.push(`  actual:   ${error.actual}`);
  if (error.remedy !== undefined) lines.push(`  to do:    ${error.remedy}`);
  return lines;
}

function describePlace(where: Where): string {
  const order = ["table", "version", "path", "file", "notebook", "cell", "line", "column"] as const;
  return order
    .filter((key) => where[key] !== undefined)
    .map((key) => `${key} ${String(where[key])}`)
    .join(", ");
}
