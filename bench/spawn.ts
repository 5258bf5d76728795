import fs from "node:fs";
import { join } from "node:path";
import { runNotebook } from "../lib/notebook/runner.js";
import { type Lap, median, type TaskResult } from "./measure.js";

const RUNS = 9;

const NOTEBOOK = {
  cells: [
    'import { lake } from "tslake";\nimport { silver } from "tslake/tables";\nlake.read(silver.purchase).columnNames;',
    "0",
  ],
  metadata: { kernelspec: { display_name: "TypeScript", language: "typescript", name: "tslab" } },
};

/** From the call of the runner to the end of a first cell that has the library and its tables loaded: the median of several. */
export async function spawn(root: string, work: string): Promise<TaskResult> {
  const path = join(work, "spawn.ipynb");
  fs.mkdirSync(work, { recursive: true });
  fs.writeFileSync(path, JSON.stringify(document()));
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) seconds.push(await toSecondCell(root, path, work));
  const lap: Lap = { seconds: median(seconds), cpuSeconds: 0 };
  return { lap, checksum: async () => String(RUNS) };
}

async function toSecondCell(root: string, path: string, work: string): Promise<number> {
  const start = performance.now();
  let reached = Number.NaN;
  await runNotebook({
    path,
    output: join(work, "spawn.out.ipynb"),
    env: { TSLAKE_ROOT: root, NODE_PATH: join(root, "node_modules") },
    onEvent: (event) => {
      if (event.type === "cell" && event.cell === 2) reached = (performance.now() - start) / 1000;
    },
  });
  return reached;
}

function document(): unknown {
  const cells = NOTEBOOK.cells.map((source, i) => ({
    cell_type: "code",
    id: `cell-${i}`,
    execution_count: null,
    metadata: {},
    outputs: [],
    source,
  }));
  return { cells, metadata: NOTEBOOK.metadata, nbformat: 4, nbformat_minor: 5 };
}
