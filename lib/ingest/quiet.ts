import { setTimeout as sleep } from "node:timers/promises";
import { nowMillis } from "../clock.js";
import type { LandingFile } from "./landing.js";

/** For so long a file must have been left alone before it is taken: somebody may still be writing to it. */
const QUIET_MILLIS = 100;

/** The same before it is rejected, as half a file may be a broken one. */
export const QUIET_BROKEN_MILLIS = 500;

/** Waits until none of the files has been changed for a while; not for files from the future, whose age nobody knows. */
export async function untilQuiet(files: readonly LandingFile[], quiet = QUIET_MILLIS): Promise<void> {
  const now = nowMillis();
  const ages = files.map(({ identity }) => now - Number(identity.modifiedAt / 1_000_000n));
  const youngest = Math.min(...ages.filter((age) => age >= 0), quiet);
  if (youngest < quiet) await sleep(quiet - youngest);
}
