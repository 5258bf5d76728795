import { DeltaError } from "../errors.js";

/** The table properties that this engine acts on, read from a table's configuration. */
export interface TableProperties {
  /** Only additions; removes that change data are refused. `delta.appendOnly`, default false. */
  readonly appendOnly: boolean;
  /** Commits from one checkpoint to the next; undefined when the table leaves it to the engine. `delta.checkpointInterval`. */
  readonly checkpointInterval: number | undefined;
  /** How long tombstones are kept, in milliseconds. `delta.deletedFileRetentionDuration`, default one week. */
  readonly deletedFileRetention: number;
  /** How long txn actions are kept, in milliseconds; undefined keeps them for ever. `delta.setTransactionRetentionDuration`. */
  readonly setTransactionRetention: number | undefined;
  /** `delta.isolationLevel`, default WriteSerializable. */
  readonly isolationLevel: IsolationLevel;
}

export type IsolationLevel = "Serializable" | "WriteSerializable";

/** Throws DeltaError for a value that cannot be understood. */
export function tableProperties(configuration: Readonly<Record<string, string>>): TableProperties {
  const isolation = configuration["delta.isolationLevel"] ?? "WriteSerializable";
  return {
    appendOnly: configuration["delta.appendOnly"]?.toLowerCase() === "true",
    checkpointInterval: positive(configuration, "delta.checkpointInterval"),
    deletedFileRetention: interval(configuration, "delta.deletedFileRetentionDuration") ?? MILLIS.week,
    setTransactionRetention: interval(configuration, "delta.setTransactionRetentionDuration"),
    isolationLevel: isolation === "Serializable" ? "Serializable" : "WriteSerializable",
  };
}

const MILLIS = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

const PART = /([+-]?\d+(?:\.\d+)?) +(millisecond|second|minute|hour|day|week)s?\b/gi;

function positive(configuration: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = configuration[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(name, text, "a whole number above 0");
}

/** Milliseconds of a Spark interval: `interval 30 days`, `interval 1 week 2 hours`. */
function interval(configuration: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = configuration[name];
  if (text === undefined) return undefined;
  const rest = text.replace(/^\s*interval\b/i, "").replace(PART, "");
  const parts = [...text.matchAll(PART)];
  if (parts.length === 0 || rest.trim() !== "") throw invalid(name, text, "an interval such as `interval 7 days`");
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * MILLIS[unit?.toLowerCase() as keyof typeof MILLIS],
    0,
  );
}

function invalid(name: string, actual: string, expected: string): DeltaError {
  return new DeltaError(`The table property ${name} cannot be understood`, { expected, actual });
}
