import type { Value } from "../relation/runner.js";
import type { ChartLocale } from "./theme.js";

/** A value as people read it, with every digit that it has. */
export function formatValue(value: Value, locale: ChartLocale): string {
  if (value === null) return "—";
  if (typeof value === "number") return formatDouble(value, locale);
  const text = String(value);
  const [, sign = "", whole = "", fraction] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole !== "")
    return `${sign}${grouped(whole, locale)}${fraction === undefined ? "" : `${decimalPoint(locale)}${fraction}`}`;
  return formatTime(text, locale);
}

/** A date or time as the locale writes it; any other text as it is. */
export function formatTime(text: string, locale: ChartLocale): string {
  const [, year, month, day, time] = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?)\S*)?$/.exec(text) ?? [];
  if (year === undefined) return text;
  const date = locale === "en" ? `${year}-${month}-${day}` : `${day}/${month}/${year}`;
  return time === undefined ? date : `${date} ${time.replace(/:00$/, "")}`;
}

/** A number for drawing: the nearest double; null for what is none. */
export function toNumber(value: Value): number | null {
  const number = value === null ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}

function formatDouble(value: number, locale: ChartLocale): string {
  return new Intl.NumberFormat(locale, { maximumSignificantDigits: 12 }).format(value);
}

function grouped(digits: string, locale: ChartLocale): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, locale === "en" ? "," : ".");
}

function decimalPoint(locale: ChartLocale): string {
  return locale === "en" ? "." : ",";
}
