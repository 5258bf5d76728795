import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "../clock.js";
import { isTslakeError } from "../errors.js";

/** How often and how patiently a step is tried. */
export interface RetryPolicy {
  /** Attempts in all. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; each further wait is twice as long, and all vary by half. */
  readonly firstWait: number;
}

export const RETRIES: RetryPolicy = { attempts: 3, firstWait: 500 };

/** True for an error that may not happen again: it says so itself, or one of its causes does. */
export function isTransient(error: unknown): boolean {
  for (let current = error, depth = 0; current !== undefined && depth < 8; depth++) {
    if (isTslakeError(current) && current.transient) return true;
    current = current instanceof Error ? current.cause : undefined;
  }
  return false;
}

/** Milliseconds to wait after a failed attempt, counted from 1: from half to one and a half of the doubled wait. */
export function backOff(policy: RetryPolicy, attempt: number): number {
  const jitter = Number.parseInt(newId().slice(0, 8), 16) / 2 ** 32;
  return Math.round(policy.firstWait * 2 ** (attempt - 1) * (0.5 + jitter));
}

/** Waits; answers false when the wait was broken off. */
export async function pause(millis: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(millis, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
