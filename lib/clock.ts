import { createHash, randomUUID } from "node:crypto";

/**
 * The only source of time and of random ids. `TSLAKE_NOW` (an ISO instant) stops the clock there and `TSLAKE_SEED` makes
 * ids a reproducible sequence, so that two runs on equal input give equal bytes.
 */

let sequence = 0;

/** The present instant in microseconds since 1970-01-01T00:00:00Z. */
export function nowMicros(): bigint {
  return BigInt(nowMillis()) * 1000n;
}

/** The present instant in milliseconds since 1970-01-01T00:00:00Z. */
export function nowMillis(): number {
  const fixed = process.env["TSLAKE_NOW"];
  if (fixed === undefined || fixed === "") return Date.now();
  const millis = Date.parse(fixed);
  if (Number.isNaN(millis)) throw new RangeError(`TSLAKE_NOW is not an ISO instant: ${fixed}`);
  return millis;
}

/** Microseconds since the epoch as `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
export function isoMicros(micros: bigint): string {
  const iso = new Date(Number(micros / 1000n)).toISOString();
  return `${iso.slice(0, -1)}${String(micros % 1000n).padStart(3, "0")}Z`;
}

/** A duration clock in milliseconds, never stopped: for measuring, not for telling the time. */
export function stopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}

/** Nanoseconds on a clock that all threads of a process share; never stopped. */
export function threadsNanos(): bigint {
  return process.hrtime.bigint();
}

/** A new UUID. */
export function newId(): string {
  const seed = process.env["TSLAKE_SEED"];
  if (seed === undefined || seed === "") return randomUUID();
  const hex = createHash("sha256")
    .update(`${seed}:${process.env["TSLAKE_STEP"] ?? ""}:${sequence++}`)
    .digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The calendar day (`YYYY-MM-DD`) that an instant has in a time zone of the IANA database. */
function dayIn(timeZone: string, millis: number): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(
    millis,
  );
}

/** Whether a text is a day of the calendar, as `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  const millis = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(text);
}

/** The day that lies `days` after an ISO day (negative: before). */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Yesterday (`YYYY-MM-DD`) in a time zone: the default logical day. */
export function yesterday(timeZone: string): string {
  return addDays(dayIn(timeZone, nowMillis()), -1);
}
