import { join } from "node:path";
import { checkNotebooks } from "../notebook/check.js";
import { readNotebook } from "../notebook/document.js";
import { inspectParameters } from "../notebook/parameters.js";
import { chartsDrawn, runNotebook } from "../notebook/runner.js";
import type { Notebooks } from "./notebooks.js";

/** The notebooks of a workspace, each run in a process of its own. */
export function workspaceNotebooks(root: string): Notebooks {
  return {
    outline: async (path) => {
      const notebook = await readNotebook(path);
      return {
        code: notebook.cells.filter((cell) => cell.cell_type === "code").map((cell) => cell.source),
        parameters: inspectParameters(notebook, path).map((parameter) => parameter.name),
      };
    },
    check: () => checkNotebooks(join(root, "notebooks")),
    run: async ({ notebook, output, parameters, environment, timeLimit, memoryLimit, signal, onMetrics }) => {
      const { metrics } = await runNotebook({
        path: notebook,
        output,
        parameters,
        env: environment,
        timeoutMs: timeLimit,
        maxMemoryMb: memoryLimit,
        signal,
        onEvent: (event) => {
          if (event.type === "metrics") onMetrics?.(event.metrics);
        },
      });
      return metrics;
    },
    settled: chartsDrawn,
  };
}
