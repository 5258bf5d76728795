import { AsyncLocalStorage } from "node:async_hooks";
import { stopwatch } from "./clock.js";

/**
 * Progress of long work, told to the person who waits for it. Only a kernel listens; everywhere else, and for work that takes
 * less than a second, nothing happens. A line can change only while the process's thread is free: a query that runs in
 * Polars' threads leaves it free, a loop of JavaScript does not.
 */

/** Says how far a stage has got (`12 files, 340 MB`); undefined before there is something to say. */
export type Look = () => string | undefined;

/** Shows the line of one piece of work, its first one or one in place of the former; undefined when the work is over. */
export type ShowProgress = (work: number, line: string | undefined, isFirst: boolean) => void;

/** Milliseconds that work takes before it is worth a line, and between two lines. */
const PATIENCE = 1000;
const INTERVAL = 500;

const LISTENER = Symbol.for("tslake.progress");

interface Stage {
  readonly name: string;
  readonly look: Look | undefined;
}

let works = 0;
/** The stages of the work that calls, the outermost first. */
const stages = new AsyncLocalStorage<Stage[]>();

/** Called by a kernel before the first cell. */
export function listenToProgress(show: ShowProgress): void {
  (globalThis as Record<symbol, unknown>)[LISTENER] = show;
}

/**
 * Does work under a name (`writing gold.vendas`). Work within other work is a stage of it: both names are in one line.
 * @param look is called while the work goes on, twice a second at most
 */
export async function underWay<T>(name: string, work: () => Promise<T>, look?: Look): Promise<T> {
  const show = (globalThis as Record<symbol, unknown>)[LISTENER] as ShowProgress | undefined;
  if (show === undefined) return work();
  const stage: Stage = { name, look };
  const outer = stages.getStore();
  return outer === undefined ? asLine(stage, work, show) : asStage(stage, work, outer);
}

async function asStage<T>(stage: Stage, work: () => Promise<T>, outer: Stage[]): Promise<T> {
  outer.push(stage);
  try {
    return await work();
  } finally {
    outer.splice(outer.lastIndexOf(stage), 1);
  }
}

async function asLine<T>(stage: Stage, work: () => Promise<T>, show: ShowProgress): Promise<T> {
  const id = works++;
  const all = [stage];
  const elapsed = stopwatch();
  let shown = false;
  const tell = (): void => {
    show(id, lineOf(all, elapsed()), !shown);
    shown = true;
  };
  let timer = setTimeout(() => {
    tell();
    timer = setInterval(tell, INTERVAL);
  }, PATIENCE);
  try {
    return await stages.run(all, work);
  } finally {
    clearTimeout(timer);
    if (shown) show(id, undefined, false);
  }
}

function lineOf(all: readonly Stage[], millis: number): string {
  const names = all.map(({ name }) => name).join(": ");
  const reached = all.findLast(({ look }) => look !== undefined)?.look?.();
  return [names, ...(reached === undefined ? [] : [reached]), `${Math.floor(millis / 1000)} s`].join(" · ");
}
