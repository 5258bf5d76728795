import { decimalOf, type StructField } from "../types.js";
import { type Html, html } from "./html.js";

/** A whole number with its thousands set apart; a dash when it is not known. */
export function count(value: number | bigint | undefined): string {
  return value === undefined ? "–" : WHOLE.format(value);
}

/** One for all: to make it takes as long as fifty numbers. */
const WHOLE = new Intl.NumberFormat("en-US");

/** `1 row`, `2 rows`. */
export function counted(value: number | bigint, what: string): string {
  return `${count(value)} ${what}${value === 1 || value === 1n ? "" : "s"}`;
}

/** A number of bytes as people read it. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${power === 0 ? value : (value / 1000 ** power).toFixed(1)} ${units[power] ?? ""}`;
}

/** Seconds as people read them. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round(seconds % 60);
  return minutes < 60 ? `${minutes} min ${rest} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A share of one as a percentage; only exactly all is 100%, only nothing is 0%. */
export function share(part: number, whole: number): string {
  if (whole === 0) return "–";
  if (part === 0) return "0%";
  if (part === whole) return "100%";
  const percent = Math.min(99.9, Math.max(0.1, (part / whole) * 100));
  return `${percent.toFixed(1)}%`;
}

/** An instant in UTC, which a script in the page also tells as a distance from now. */
export function instant(millis: number): Html {
  const iso = new Date(millis).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")}</time>`;
}

/** An instant as a run's record has it. */
export function recordedInstant(iso: string): Html {
  const millis = Date.parse(iso);
  return Number.isNaN(millis) ? html`${iso}` : instant(millis);
}

/** True for types whose values stand to the right. */
export function isNumeric({ type }: Pick<StructField, "type">): boolean {
  return typeof type === "string" && (decimalOf(type) !== undefined || NUMBERS.has(type));
}

/** A value as people read it: lists joined, structs with the names of their fields. */
function valueText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return value.map(valueText).join("; ");
  if (typeof value === "object") {
    const members = Object.entries(value).map(([name, member]) => `${name}: ${valueText(member)}`);
    return `{${members.join(", ")}}`;
  }
  return String(value);
}

/** A value in a cell of a table: long text is cut, its whole is in the title; null is told from the text `null`. */
export function cellValue(value: unknown, longest = 60): Html {
  if (value === null || value === undefined) return html`<span class="null">null</span>`;
  const text = valueText(value).replaceAll(/[\r\n\t]+/g, " ⏎ ");
  if (text === "") return html`<span class="null">empty</span>`;
  const characters = text.length > longest ? [...text] : [];
  if (characters.length <= longest) return html`<bdi>${text}</bdi>`;
  const title = characters.length > 400 ? `${characters.slice(0, 400).join("")}…` : text;
  return html`<bdi title="${title}">${characters.slice(0, longest - 1).join("")}…</bdi>`;
}

/** What may stand in an element's id and after `#`: other characters by their code. */
export function anchor(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, (char) => `.${char.charCodeAt(0).toString(16)}`);
}

const NUMBERS = new Set(["byte", "short", "integer", "long", "float", "double"]);
