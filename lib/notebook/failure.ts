import { inspect } from "node:util";
import {
  ConflictError,
  ContractError,
  DataError,
  DeltaError,
  type Evidence,
  isTslakeError,
  NotebookError,
  RelationError,
  StorageError,
  TslakeError,
  UnsupportedFeatureError,
  UsageError,
  type Where,
} from "../errors.js";

/** An error on its way from a notebook's process to the runner; JSON. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  /** The stack's frames, innermost first, as `at …` lines. */
  readonly stack: readonly string[];
  readonly code?: string;
  /** Present in errors of the library's family only. */
  readonly evidence?: FamilyEvidence;
  readonly cause?: Failure;
}

interface FamilyEvidence extends Evidence {
  readonly where: Where;
  readonly transient: boolean;
}

/** Takes down anything that a cell may throw. */
export function describeFailure(thrown: unknown, depth = 0): Failure {
  if (!isErrorLike(thrown)) return { name: "Thrown value", message: textOf(thrown), stack: [] };
  const { name, message, stack, code, cause } = thrown;
  return {
    name: typeof name === "string" && name !== "" ? name : "Error",
    message,
    stack: stackLines(stack),
    ...(typeof code === "string" ? { code } : {}),
    ...(isTslakeError(thrown) ? { evidence: describeEvidence(thrown) } : {}),
    ...(cause === undefined || depth > 7 ? {} : { cause: describeFailure(cause, depth + 1) }),
  };
}

/** The error again, of the same class when it is of the library's family; otherwise an Error of the same name. */
export function reviveFailure(failure: Failure): Error {
  const cause = failure.cause === undefined ? undefined : reviveFailure(failure.cause);
  const error =
    failure.evidence === undefined
      ? new Error(failure.message, cause === undefined ? undefined : { cause })
      : reviveFamily(failure.name, failure.message, { ...failure.evidence, cause });
  error.name = failure.name;
  error.stack = [`${failure.name}: ${failure.message}`, ...failure.stack].join("\n");
  return failure.code === undefined ? error : Object.assign(error, { code: failure.code });
}

/** True when the error or anything that caused it may succeed when tried again. */
export function isTransient(failure: Failure): boolean {
  return failure.evidence?.transient === true || (failure.cause !== undefined && isTransient(failure.cause));
}

const FAMILY = {
  UsageError,
  ContractError,
  RelationError,
  DataError,
  StorageError,
  DeltaError,
  UnsupportedFeatureError,
  ConflictError,
  NotebookError,
};

function reviveFamily(name: string, message: string, evidence: Evidence): Error {
  const Class = Object.entries(FAMILY).find(([key]) => key === name)?.[1] ?? TslakeError;
  return new Class(message, evidence);
}

function describeEvidence({ where, expected, actual, remedy, transient }: TslakeError): FamilyEvidence {
  const { version, ...rest } = where;
  const place = version === undefined ? rest : { ...rest, version: Number(version) };
  return { where: place, expected, actual, remedy, transient };
}

function isErrorLike(value: unknown): value is Error & { readonly code?: unknown } {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string";
}

function stackLines(stack: unknown): string[] {
  return typeof stack === "string" ? stack.split("\n").filter((line) => /^\s+at /.test(line)) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : inspect(value);
}
