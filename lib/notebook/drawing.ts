import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants, setPriority } from "node:os";
import { createInterface } from "node:readline";
import { type Figure, PLOTLY_TYPE } from "../chart/figure.js";
import type { Cell, DisplayOutput, Notebook, Output } from "./document.js";
import { keepPicture, knownPicture } from "./picture_cache.js";

/**
 * The pictures of charts in executed notebooks. plotly.js takes half a second to load, so one process draws those of all notebooks
 * of a run, beside the notebooks that still run.
 */

/** What is asked of the drawing process, and what it answers: one JSON object a line. */
export interface DrawingRequest {
  readonly id: number;
  readonly figure: Figure;
}
export interface DrawingAnswer {
  readonly id: number;
  /** Undefined when the figure cannot be drawn. */
  readonly svg: string | undefined;
}

/** Starts the drawing process, if it does not run yet, when a chart has been seen that was never drawn. */
export function expectChart(figure: unknown): void {
  if (drawingProcess === undefined && knownPicture(figure as Figure) === undefined)
    drawingProcess = new DrawingProcess();
}

/** True for an output that holds a chart without its picture. */
export function awaitsPicture(output: Output): output is DisplayOutput {
  return "data" in output && PLOTLY_TYPE in output.data && !(PICTURE in output.data);
}

/** The notebook with the pictures of its charts; a figure that plotly.js cannot draw stays without one. */
export async function withPictures(notebook: Notebook): Promise<Notebook> {
  return { ...notebook, cells: await Promise.all(notebook.cells.map(drawCell)) };
}

const PICTURE = "image/svg+xml";

async function drawCell(cell: Cell): Promise<Cell> {
  if (cell.cell_type !== "code" || !cell.outputs.some(awaitsPicture)) return cell;
  return { ...cell, outputs: await Promise.all(cell.outputs.map(drawOutput)) };
}

async function drawOutput(output: Output): Promise<Output> {
  if (!awaitsPicture(output)) return output;
  const svg = await pictureOf(output.data[PLOTLY_TYPE] as Figure);
  return svg === undefined ? output : { ...output, data: { ...output.data, [PICTURE]: svg } };
}

async function pictureOf(figure: Figure): Promise<string | undefined> {
  const known = knownPicture(figure);
  if (known !== undefined) return known;
  drawingProcess ??= new DrawingProcess();
  const svg = await drawingProcess.draw(figure);
  if (svg !== undefined) keepPicture(figure, svg);
  return svg;
}

let drawingProcess: DrawingProcess | undefined;

/** The process that draws, for as long as this one lives: it ends when its standard input does. */
class DrawingProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (svg: string | undefined) => void>();
  #requests = 0;

  constructor() {
    const program = createRequire(__filename).resolve("tslake-cli/draw.js");
    this.#child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"], windowsHide: true });
    const { pid, stdin, stdout } = this.#child;
    if (pid !== undefined) giveWay(pid);
    stdin?.on("error", () => this.#end());
    this.#child.once("error", () => this.#end());
    this.#child.once("exit", () => this.#end());
    if (stdout === null) return;
    createInterface({ input: stdout }).on("line", (line) => {
      const { id, svg } = JSON.parse(line) as DrawingAnswer;
      this.#waiting.get(id)?.(svg);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#hold(false);
    });
    this.#hold(false);
  }

  draw(figure: Figure): Promise<string | undefined> {
    const request: DrawingRequest = { id: this.#requests++, figure };
    return new Promise((resolve) => {
      this.#waiting.set(request.id, resolve);
      this.#hold(true);
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  }

  /** Only while it draws does it keep this process from ending. */
  #hold(isHeld: boolean): void {
    const handles = [
      this.#child,
      this.#child.stdin,
      this.#child.stdout,
    ] as unknown as readonly (NodeJS.RefCounted | null)[];
    for (const handle of handles) {
      if (isHeld) handle?.ref();
      else handle?.unref();
    }
  }

  #end(): void {
    if (drawingProcess === this) drawingProcess = undefined;
    for (const answer of this.#waiting.values()) answer(undefined);
    this.#waiting.clear();
  }
}

/** Lets a process compute when no other one wants to: notebooks wait for each other, and none for its picture. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended, or the system does not let it: then it computes beside the others.
  }
}
