import type { StepOutcome } from "./outcome.js";

/** The part of a step that its order depends on. */
interface Node {
  readonly name: string;
  /** Everything that it is built from, near and far. */
  readonly upstream: ReadonlySet<string>;
}

/** Hands out a number of slots in the order in which they are asked for. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Does a piece of work when a slot is free. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/**
 * Runs every step as soon as all of its upstream among them has ended; how many at once is up to `run`. `run` gets the
 * outcomes of that upstream and never throws.
 * @param nodes in dependency order
 * @returns the outcomes, in the order of the nodes
 */
export async function inDependencyOrder<N extends Node>(
  nodes: readonly N[],
  run: (node: N, upstream: readonly StepOutcome[]) => Promise<StepOutcome>,
): Promise<readonly StepOutcome[]> {
  const ends = new Map<string, Promise<StepOutcome>>();
  for (const node of nodes) {
    const needed = [...ends].filter(([name]) => node.upstream.has(name)).map(([, end]) => end);
    ends.set(
      node.name,
      Promise.all(needed).then((upstream) => run(node, upstream)),
    );
  }
  return Promise.all(ends.values());
}
