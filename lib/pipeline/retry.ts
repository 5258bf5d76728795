import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "../clock.js";
import { isTslakeError } from "../errors.js";

/** How often and how patiently something is tried. */
export interface RetryPolicy {
  /** Attempts in all. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; each further wait is twice as long, and all vary by half. */
  readonly firstWait: number;
}

export const RETRIES: RetryPolicy = { attempts: 3, firstWait: 500 };

/** The run whose work is tried. */
interface Trying {
  readonly retries: RetryPolicy;
  /** Breaks off the wait for another attempt. */
  readonly signal: AbortSignal;
}

/**
 * Does a piece of work, again after errors that may pass.
 * @param work gets the number of the attempt, from 1
 * @param onRetry hears of a failed attempt that another one follows after `wait` milliseconds
 * @throws what the last attempt threw
 */
export async function patiently<T>(
  { retries, signal }: Trying,
  work: (attempt: number) => Promise<T>,
  onRetry?: (attempt: number, error: unknown, wait: number) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!isTransient(error) || attempt >= retries.attempts || signal.aborted) throw error;
      const wait = backOff(retries, attempt);
      onRetry?.(attempt, error, wait);
      if (!(await pause(wait, signal))) throw error;
    }
  }
}

/** True for an error that may not happen again: it says so itself, or one of its causes does. */
function isTransient(error: unknown): boolean {
  for (let current = error, depth = 0; current !== undefined && depth < 8; depth++) {
    if (isTslakeError(current) && current.transient) return true;
    current = current instanceof Error ? current.cause : undefined;
  }
  return false;
}

/** Milliseconds to wait after a failed attempt, counted from 1: from half to one and a half of the doubled wait. */
function backOff(policy: RetryPolicy, attempt: number): number {
  const jitter = Number.parseInt(newId().slice(0, 8), 16) / 2 ** 32;
  return Math.round(policy.firstWait * 2 ** (attempt - 1) * (0.5 + jitter));
}

/** Waits; answers false when the wait was broken off. */
async function pause(millis: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(millis, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
