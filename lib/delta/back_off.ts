import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits before another attempt at a commit: up to 5 ms longer each time, at most 100 ms, by a fraction that differs
 * between transactions and attempts (taken from the transaction's random id), so that rivals do not march in step.
 */
export async function backOff(transactionId: string, attempt: number): Promise<void> {
  const digits = transactionId.replaceAll("-", "");
  const at = (attempt * 2) % (digits.length - 1);
  const fraction = Number.parseInt(digits.slice(at, at + 2), 16) / 256;
  await sleep(fraction * Math.min(5 * attempt, 100));
}
