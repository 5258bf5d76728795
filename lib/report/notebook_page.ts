import { type Cell, type CodeCell, type Notebook, RUN_METADATA, tagsOf } from "../notebook/document.js";
import { duration } from "./format.js";
import { highlight } from "./highlight.js";
import { type Content, type Html, html } from "./html.js";
import { markdown, type NotebookLinks } from "./markdown.js";
import { OutputBudget, outputs } from "./outputs.js";
import { type Assets, badge, facts, page } from "./page.js";

/** A notebook as a run has left it. */
export interface ExecutedNotebook {
  readonly runId: string;
  readonly step: string;
  readonly notebook: Notebook;
  /** Where links to other notebooks lead. */
  readonly links: NotebookLinks;
}

export function notebookPath(runId: string, step: string): string {
  return `notebooks/${runId}/${step}.html`;
}

/** A cell's place in its page. */
export function cellAnchor(id: string): string {
  return `cell-${id.replaceAll(/[^A-Za-z0-9_-]/g, "-")}`;
}

/** The first cell that failed, if one did. */
export function failedCell({ cells }: Notebook): CodeCell | undefined {
  return cells.find(
    (cell): cell is CodeCell =>
      cell.cell_type === "code" && cell.outputs.some(({ output_type: type }) => type === "error"),
  );
}

/** Prose, code and outputs of an executed notebook; every cell can be linked to. */
export function notebookPage({ runId, step, notebook, links }: ExecutedNotebook, assets: Assets): Html {
  const path = notebookPath(runId, step);
  const record = recordOf(notebook.metadata);
  const failed = failedCell(notebook);
  const budget = new OutputBudget();
  let number = 0;
  const cells = notebook.cells.map((cell) => {
    // Errors count the cells as they were written.
    if (!tagsOf(cell).includes("injected-parameters")) number++;
    return cellPart(cell, number, links, budget);
  });
  const parameters = Object.entries(record.parameters ?? {}).map(
    ([name, value]) => `${name} = ${JSON.stringify(value)}`,
  );
  const content = html`<p class="crumbs"><a href="../../runs/${runId}.html">run ${runId}</a> · <a href="../../tables/${step}.html">table ${step}</a></p>
<h1>${step} <small class="muted">as it ran</small></h1>
${facts([
  ["state", failed ? badge("bad", "failed") : badge("good", record.status ?? "not run")],
  ["took", record.duration === undefined ? undefined : duration(record.duration)],
  ["parameters", parameters.length > 0 ? html`<code>${parameters.join(", ")}</code>` : undefined],
  ["error", failed && html`<a href="#${cellAnchor(failed.id)}">in this cell</a>`],
])}
${cells}`;
  return page({ title: `${step} · ${runId}`, path, part: "runs" }, assets, content);
}

function cellPart(cell: Cell, number: number, links: NotebookLinks, budget: OutputBudget): Html {
  const id = cellAnchor(cell.id);
  if (cell.cell_type === "markdown")
    return html`<div class="cell prose" id="${id}">${markdown(cell.source, links)}</div>
`;
  if (cell.cell_type !== "code")
    return html`<div class="cell" id="${id}"><pre>${cell.source}</pre></div>
`;
  if (cell.source.trim() === "" && cell.outputs.length === 0) return html``;
  const { duration: seconds } = recordOf(cell.metadata);
  const notes: Content[] = [
    html`<a href="#${id}">cell ${number}</a>`,
    seconds !== undefined && html`<span>${duration(seconds)}</span>`,
    tagsOf(cell).length > 0 && html`<span>${tagsOf(cell).join(", ")}</span>`,
    cell.execution_count === null && html`<span>not run</span>`,
  ];
  return html`<div class="cell" id="${id}"><div class="mark">${notes}</div>
<div class="code"><pre><code>${highlight(cell.source)}</code></pre></div>
${outputs(cell, number, budget)}</div>
`;
}

interface RunNote {
  readonly status?: string;
  readonly duration?: number;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

function recordOf(metadata: Readonly<Record<string, unknown>>): RunNote {
  const record = metadata[RUN_METADATA];
  if (typeof record !== "object" || record === null) return {};
  const { status, duration: seconds, parameters } = record as Readonly<Record<string, unknown>>;
  return {
    ...(typeof status === "string" && { status }),
    ...(typeof seconds === "number" && { duration: seconds }),
    ...(typeof parameters === "object" && parameters !== null && { parameters: { ...parameters } }),
  };
}
