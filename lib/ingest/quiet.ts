import { setTimeout as sleep } from "node:timers/promises";
import { nowMillis } from "../clock.js";
import type { LandingFile } from "./landing.js";

/** For so long a file must have been left alone before it is taken: writers pause, and half a file may look like a whole one. */
const QUIET_MILLIS = 2000;

/** Waits until none of the files has been changed for a while; not for files from the future, whose age nobody knows. */
export async function untilQuiet(files: readonly LandingFile[]): Promise<void> {
  const now = nowMillis();
  const ages = files.map(({ identity }) => now - Number(identity.modifiedAt / 1_000_000n));
  const youngest = Math.min(...ages.filter((age) => age >= 0), QUIET_MILLIS);
  if (youngest < QUIET_MILLIS) await sleep(QUIET_MILLIS - youngest);
}
