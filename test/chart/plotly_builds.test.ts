import { describe, expect, test } from "vitest";
import { chartsIn } from "../../lib/chart/chart.js";
import { drawFigure } from "../../lib/chart/draw_figure.js";
import type { Figure } from "../../lib/chart/figure.js";
import { buildFor, openPlotly } from "../../lib/chart/plotly.js";
import { values } from "../engine/support.js";

const chart = chartsIn(() => "en");
const relation = values(
  { day: "date", channel: "string", n: "integer" },
  Array.from({ length: 30 }, (_, i) => [`2023-01-${String(i + 1).padStart(2, "0")}`, ["a", "b"][i % 2] ?? "", `${i}`]),
);
const columns = { x: "day", y: "n", color: "channel", title: "Title" } as const;
const mountain = Array.from({ length: 12 }, (_, y) =>
  Array.from({ length: 12 }, (__, x) => 60 - (x - 6) ** 2 - (y - 6) ** 2),
);
const bar = { type: "bar", x: ["a", "b"], y: [1, 2], error_y: { type: "data", array: [0.1, 0.2] } };

const basic: Readonly<Record<string, () => Promise<Figure>>> = {
  line: () => chart.line(relation, columns).figure(),
  area: () => chart.area(relation, columns).figure(),
  bar: () => chart.bar(relation, columns).figure(),
  scatter: () => chart.scatter(relation, columns).figure(),
  "a pie": async () => ({ data: [{ type: "pie", labels: ["a", "b"], values: [1, 2] }] }),
  "another calendar": async () => ({
    data: [{ type: "scatter", x: ["5783-01-01", "5783-02-01"], y: [1, 2], xcalendar: "hebrew" }],
    layout: { xaxis: { calendar: "hebrew" } },
  }),
  "shapes and annotations": async () => ({
    data: [{ y: [3, 1, 2] }, bar],
    layout: {
      shapes: [{ type: "rect", x0: 0, x1: 1, y0: 0, y1: 1 }],
      annotations: [{ x: 1, y: 1, text: "<b>here</b>" }],
      xaxis: { rangeslider: {} },
    },
  }),
};

const whole: Readonly<Record<string, () => Promise<Figure>>> = {
  heatmap: () => chart.heatmap(relation, { x: "day", y: "channel" }).figure(),
  "a violin": async () => ({ data: [{ type: "violin", y: [1, 2, 2, 3, 5] }] }),
  "contours with their values": async () => ({
    data: [{ type: "contour", z: mountain, contours: { coloring: "lines", showlabels: true } }],
  }),
  "one trace among others": async () => ({ data: [bar, { type: "box", y: [1, 2, 3] }] }),
};

describe("the basic build draws as the whole one does", () => {
  const [small, large] = [openPlotly("basic"), openPlotly("whole")];

  test.each(Object.entries(basic))("%s", async (_, made) => {
    const figure = await made();
    expect(buildFor(figure)).toBe("basic");
    expect(await small.draw(figure)).toBe(await large.draw(figure));
  });
});

describe("the whole build is asked for", () => {
  test.each(Object.entries(whole))("%s", async (_, made) => {
    const figure = await made();
    expect(buildFor(figure)).toBe("whole");
    expect(await drawFigure(figure)).toContain("<path");
  });
});
