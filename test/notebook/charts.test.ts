import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { drawFigure } from "../../lib/chart/draw_figure.js";
import { PLOTLY_TYPE } from "../../lib/chart/figure.js";
import { chartsDrawn, runNotebook } from "../../lib/notebook/runner.js";
import { parseNotebook } from "../../lib/notebook/validate.js";
import { fileOf, outputsOf, scratch } from "./support.js";

symlinkSync(join(import.meta.dirname, "../../node_modules"), join(scratch, "node_modules"), "junction");

const figure = { data: [{ type: "bar", x: ["a"], y: [1] }], layout: { title: { text: "Drawn" } } };

test("an executed notebook is saved with the pictures of its charts", { timeout: 60_000 }, async () => {
  const show = (shown: object): string =>
    `globalThis[Symbol.for("tslake.displaySink")].sink({ "${PLOTLY_TYPE}": ${JSON.stringify(shown)} });`;
  const outputs = ["first", "second"].map((name) => join(scratch, "charts", `${name}.ipynb`));
  const runs = await Promise.all(
    outputs.map((output) =>
      runNotebook({ path: fileOf(show(figure), "'no chart'", show({ data: [], layout: { xaxis: 7 } })), output }),
    ),
  );
  await chartsDrawn();
  const picture = await drawFigure(figure);
  for (const [i, output] of outputs.entries()) {
    const saved = outputsOf(parseNotebook(readFileSync(output, "utf8"), output));
    expect(saved).toEqual(outputsOf((await runs[i]?.drawn) as never));
    expect(saved[0]).toEqual([
      { output_type: "display_data", data: { [PLOTLY_TYPE]: figure, "image/svg+xml": picture }, metadata: {} },
    ]);
    expect(saved[2]?.map((output) => "data" in output && Object.keys(output.data))).toEqual([[PLOTLY_TYPE]]);
  }
  const again = join(scratch, "charts", "again.ipynb");
  const run = await runNotebook({ path: fileOf(show(figure)), output: again });
  expect(outputsOf(await run.drawn)[0]?.map((shown) => "data" in shown && shown.data["image/svg+xml"])).toEqual([
    picture,
  ]);
});
