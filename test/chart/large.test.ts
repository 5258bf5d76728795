import { expect, test } from "vitest";
import { chartsIn } from "../../lib/chart/chart.js";
import type { Figure, Trace } from "../../lib/chart/figure.js";
import { values } from "../engine/support.js";

const chart = chartsIn(() => "en");
/** A thousand numbers, each beside each: a million rows. */
const thousand = values(
  { n: "long", one: "integer" },
  Array.from({ length: 1000 }, (_, i) => [`${i}`, "1"]),
);
const million = thousand.join(thousand.rename({ n: "m" }), ["one"]).select((t) => ({
  x: t.n.times(1000n).plus(t.m),
  y: t.m.times(t.n).modulo(97n).cast("decimal(18,2)"),
  group: t.m.modulo(12n),
}));

const pointsIn = (data: readonly Trace[]): number =>
  data.reduce((sum, trace) => sum + (trace["y"] as readonly unknown[]).length, 0);

test("of a million rows a chart draws what a reader can see, and says so", { timeout: 120_000 }, async () => {
  const before = process.memoryUsage().rss;
  const { user } = process.cpuUsage();
  const charts = {
    line: chart.line(million, { x: "x", y: "y", color: "group" }),
    scatter: chart.scatter(million, { x: "x", y: "y" }),
    histogram: chart.histogram(million, { x: "y" }),
  };
  const figures: Figure[] = [];
  for (const made of Object.values(charts)) figures.push(await made.figure());
  expect(figures.map(({ data }) => pointsIn(data)).every((points) => points < 5000)).toBe(true);
  const subtitles = figures.map(
    ({ layout }) => (layout as { title: { subtitle: { text: string } } }).title.subtitle.text,
  );
  expect(subtitles).toEqual([
    "sum of y by x (in steps of 2,000), group (7 + others) · 1,000,000 rows",
    "sample: 1,500 of 1,000,000 rows",
    "1,000,000 rows by y (in steps of 5)",
  ]);
  for (const made of Object.values(charts)) expect((await made.svg()).length).toBeLessThan(100_000);
  expect((process.cpuUsage().user - user) / 1e6).toBeLessThan(60);
  expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(1500);
});
