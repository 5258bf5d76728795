import { type Html, html } from "./html.js";
import { decimalText } from "./known_values.js";

/** Values that hold from a day until the next one. */
export interface StepChart {
  readonly title: string;
  readonly steps: readonly { readonly day: string; readonly value: bigint }[];
  /** The last day of the axis. */
  readonly end: string;
  /** Digits after the decimal point of the values. */
  readonly scale: number;
  /** Where the axis of the values begins. */
  readonly floor: "zero" | "least";
}

const WIDTH = 960;
const HEIGHT = 260;
const LEFT = 86;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 26;

/** A line of steps over time, in the colours of the page. */
export function stepChart({ title, steps, end, scale, floor: origin }: StepChart): Html {
  const [first] = steps;
  if (first === undefined) return html``;
  const unit = 10 ** scale;
  const values = steps.map(({ value }) => Number(value) / unit);
  const always = origin === "zero" ? [0] : [];
  const ticks = niceTicks(Math.min(...always, ...values), Math.max(...always, ...values));
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const [begin, until] = [dayNumber(first.day), Math.max(dayNumber(end), dayNumber(first.day) + 1)];
  const x = (day: number): number => round(LEFT + ((day - begin) / (until - begin)) * (WIDTH - LEFT - RIGHT));
  const y = (value: number): number => round(TOP + ((high - value) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM));
  let path = "";
  steps.forEach(({ day }, i) => {
    const [px, py] = [x(dayNumber(day)), y(values[i] ?? 0)];
    path += i === 0 ? `M${px} ${py}` : `H${px}V${py}`;
  });
  path += `H${x(until)}`;
  const dots = steps.map(
    ({ day, value }, i) =>
      html`<circle class="dot" cx="${x(dayNumber(day))}" cy="${y(values[i] ?? 0)}" r="${steps.length > 80 ? 1.5 : 2.4}"><title>${day}: ${decimalText(value, scale)}</title></circle>`,
  );
  const floor = y(low);
  const lines = ticks.map(
    (tick) =>
      html`<path class="axis" d="M${LEFT} ${y(tick)}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${tick.toLocaleString("en-US")}</text>`,
  );
  const months = monthStarts(begin, until).map(
    ({ day, label }) =>
      html`<path class="axis" d="M${x(day)} ${floor}v5"/><text x="${x(day)}" y="${HEIGHT - 8}">${label}</text>`,
  );
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: from ${decimalText(first.value, scale)} on ${first.day} to ${decimalText(steps.at(-1)?.value ?? 0n, scale)} on ${steps.at(-1)?.day}">
${lines}${months}
${origin === "zero" && html`<path class="area" d="${path}V${floor}H${x(begin)}Z"/>`}<path class="line" d="${path}"/>${dots}
</svg>`;
}

/** Round numbers from below the least to above the greatest. */
function niceTicks(low: number, high: number): readonly number[] {
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const ticks: number[] = [];
  for (let i = Math.floor(low / step); i * step < high; i++) ticks.push(i * step);
  return [...ticks, (ticks.at(-1) ?? 0) + step];
}

function monthStarts(begin: number, end: number): readonly { readonly day: number; readonly label: string }[] {
  const starts: { day: number; label: string }[] = [];
  for (let day = begin; day < end; day++) {
    const iso = new Date(day * 86_400_000).toISOString();
    if (day === begin || iso.slice(8, 10) === "01") starts.push({ day, label: iso.slice(0, day === begin ? 10 : 7) });
  }
  const every = Math.ceil(starts.length / 12);
  const [first, ...rest] = starts;
  const spread = rest.filter(({ day }, i) => i % every === 0 && day - begin > (end - begin) / 11);
  return first === undefined ? [] : [first, ...spread];
}

function dayNumber(day: string): number {
  return Math.floor(Date.parse(day) / 86_400_000);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
