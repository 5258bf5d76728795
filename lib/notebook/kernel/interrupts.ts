import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

/** Milliseconds in which a thread that does not compute hears of an interrupt, also on a busy machine. */
const PATIENCE = 1500;

/** Numbers that both threads see: interrupts that were heard of, work that must not be ended, and one that never changes. */
const PLACES = { heard: 0, held: 1, never: 2 };

/**
 * Interrupts of the kernel (SIGINT), also while a cell computes after an `await`: then neither a handler of the signal gets its
 * turn nor does the signal end a script. Another thread waits for it, and ends what the main thread computes; that cannot be
 * caught, and promises that wait for it stay open.
 */
export class Interrupts {
  readonly #numbers = new Int32Array(new SharedArrayBuffer(12));

  /** @param interrupted is called when the main thread is free, or made so */
  constructor(interrupted: () => void) {
    const program = createRequire(__filename).resolve("tslake-cli/interrupts.js");
    const workerData = { memory: this.#numbers.buffer, ...PLACES, patience: PATIENCE };
    const worker = new Worker(program, { workerData, stdout: true, stderr: true });
    worker.on("message", () => {
      Atomics.add(this.#numbers, PLACES.heard, 1);
      Atomics.notify(this.#numbers, PLACES.heard);
      interrupted();
    });
    worker.unref();
  }

  /** Does work of the kernel itself, which is not ended in its middle. */
  whole<T>(work: () => T): T {
    Atomics.add(this.#numbers, PLACES.held, 1);
    try {
      return work();
    } finally {
      Atomics.sub(this.#numbers, PLACES.held, 1);
    }
  }
}
