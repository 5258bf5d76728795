import { log } from "node:console";
import { inspect } from "node:util";

/**
 * Rich display in notebooks. A value that knows how to show itself has a method under the symbol `DISPLAY`; `display` shows
 * it, and every other value as text. The same call gives the same output in a headless run, in a tslab kernel and, as text,
 * in a plain Node process.
 */

/** The method's name: `Symbol.for("tslake.display")`, shared by all copies of this module. */
export const DISPLAY: unique symbol = Symbol.for("tslake.display");

/** One value in several forms by MIME type: text, base64 for binary types, any JSON value for JSON types. */
export type MimeBundle = Readonly<Record<string, unknown>>;

export interface Displayable {
  /** The forms of the value; `text/plain` should be among them. */
  [DISPLAY](): MimeBundle | Promise<MimeBundle>;
}

/** Shows a value below the cell that is running. Await it: some values are computed first. */
export async function display(value: unknown): Promise<void> {
  displayBundle(isDisplayable(value) ? await value[DISPLAY]() : { "text/plain": textOf(value) });
}

/** Shows the value of a cell's last expression: one that knows how to show itself as `display` does, any other as text. */
export async function displayLast(value: unknown): Promise<void> {
  if (isDisplayable(value)) await display(value);
  else if (value !== undefined && value !== null) log(value);
}

/** Shows the given forms of one value below the cell that is running; a frontend takes the richest that it can show. */
export function displayBundle(data: MimeBundle): void {
  const sink = listening()?.sink ?? printText;
  sink(data);
}

/**
 * Where displays go: to a runner, which records them; to a kernel, which shows them at once; or to the terminal, which shows
 * their text only.
 */
export function displaysIn(): "run" | "kernel" | "terminal" {
  return listening()?.place ?? "terminal";
}

type Sink = (data: MimeBundle) => void;

const SINK = Symbol.for("tslake.displaySink");

interface Listener {
  readonly sink: Sink;
  readonly place: "run" | "kernel";
}

/** Called by a runner in the notebook's process, or by a kernel, before the first cell. */
export function listenToDisplays(sink: Sink, place: Listener["place"]): void {
  const listener: Listener = { sink, place };
  (globalThis as Record<symbol, unknown>)[SINK] = listener;
}

function listening(): Listener | undefined {
  return (globalThis as Record<symbol, unknown>)[SINK] as Listener | undefined;
}

function printText(data: MimeBundle): void {
  process.stdout.write(`${String(data["text/plain"] ?? `[${Object.keys(data).join(", ")}]`)}\n`);
}

function isDisplayable(value: unknown): value is Displayable {
  return typeof value === "object" && value !== null && DISPLAY in value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : inspect(value);
}
