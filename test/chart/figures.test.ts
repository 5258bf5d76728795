import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { chartsIn } from "../../lib/chart/chart.js";
import { drawFigure } from "../../lib/chart/draw_figure.js";
import { DISPLAY } from "../../lib/display.js";
import { parseXml, select } from "../support/dom.js";

const points = { x: [1, 2, 3], y: [1, 4, 9] };

describe("figures of plotly.js drawn without a browser", () => {
  test("an arrow reaches its point", async () => {
    const svg = await drawFigure({
      data: [points],
      layout: { annotations: [{ x: 2, y: 4, ax: 30, ay: -40, text: "here" }] },
    });
    const heads = [...select(parseXml(svg), "path")].filter((path) =>
      /rotate/.test(path.getAttribute("transform") ?? ""),
    );
    expect(svg).toContain(">here<");
    expect(heads).toHaveLength(1);
  });

  test("what has no colour stays without one", async () => {
    const svg = await drawFigure({
      data: [{ type: "table", header: { values: ["a"] }, cells: { values: [["x"]] } }],
    });
    const rects = [...select(parseXml(svg), "rect")];
    expect(rects.length).toBeGreaterThan(1);
    for (const rect of rects) expect(rect.getAttribute("fill") ?? "none of its own").not.toBe("none of its own");
  });

  test("text with marks of its own stands in a cell", async () => {
    const svg = await drawFigure({
      data: [{ type: "table", header: { values: ["a"] }, cells: { values: [["x", "<b>bold</b>"]] } }],
    });
    expect(svg).toMatch(/<tspan[^>]*font-weight="bold"[^>]*>bold</);
  });

  test("ribbons keep their colours, and what moves them later finds its window", async () => {
    const svg = await drawFigure({
      data: [
        {
          type: "sankey",
          node: { label: ["a", "b", "c"], color: ["#0072b2", "#e69f00", "#009e73"] },
          link: { source: [0, 0], target: [1, 2], value: [1, 2] },
        },
      ],
    });
    for (const colour of ["#0072b2", "#e69f00", "#009e73"]) expect(svg).toContain(`fill="${colour}"`);
    await setTimeout(300);
  });

  test("pictures behind a figure are left out", async () => {
    const images = [{ source: "https://example.com/a.png", x: 0, y: 1, sizex: 1, sizey: 1 }];
    expect(await drawFigure({ data: [points], layout: { images } })).not.toContain("example.com");
  });

  test("names of fonts are quoted", async () => {
    const svg = await drawFigure({ data: [points], layout: { font: { family: '"Open Sans", serif' } } });
    expect(svg).toContain(`font-family="'Open Sans', serif"`);
  });

  test("what WebGL paints is drawn where SVG can", async () => {
    const [painted, drawn] = await Promise.all(
      ["scattergl", "scatter"].map((type) => drawFigure({ data: [{ ...points, type }] })),
    );
    const lines = (svg: string | undefined): readonly (string | null)[] =>
      [...select(parseXml(svg ?? ""), "path")].map((path) => path.getAttribute("d"));
    expect(lines(painted)).toEqual(lines(drawn));
    expect(lines(drawn).length).toBeGreaterThan(0);
  });

  test("and is refused by name where only a browser can", async () => {
    const figure = { data: [points, { type: "surface", z: [[1, 2]] }, { type: "choropleth" }] };
    await expect(drawFigure(figure)).rejects.toThrow("a figure of type surface, choropleth is drawn by a browser only");
    const shown = await chartsIn(() => "en")
      .figure(figure)
      [DISPLAY]();
    expect(shown["text/plain"]).toContain("plotly.js: scatter, surface, choropleth; drawn by a browser only");
  });
});
