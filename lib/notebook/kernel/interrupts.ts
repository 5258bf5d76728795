import { createRequire } from "node:module";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { threadsNanos } from "../../clock.js";

/** Milliseconds in which a thread that does not compute hears of an interrupt. */
const PATIENCE = 300;

/** Numbers that all threads see: interrupts that were told of, those that the main thread has heard of, when the last came. */
const PLACES = { told: 0, heard: 1, when: 2 };

/**
 * Interrupts of the kernel (SIGINT), also while a cell computes after an `await`: then neither a handler of the signal gets its
 * turn nor does the signal end a script. Another thread waits for it, of signals together for the first. A third ends what the
 * main thread computes if that does not hear of it, and only code that may be ended; that cannot be caught, and promises that
 * wait for it stay open.
 */
export class Interrupts {
  readonly #numbers = new BigInt64Array(new SharedArrayBuffer(24));

  /**
   * @param endable beginnings of the addresses of scripts that may be ended, with all that they call
   * @param interrupted is called when the main thread is free, or made so
   */
  constructor(endable: readonly string[], interrupted: () => void) {
    const { port1: ending, port2: interrupts } = new MessageChannel();
    const shared = { memory: this.#numbers.buffer, ...PLACES };
    const watch = start("interrupts", { ending, ...shared }, ending);
    watch.on("message", (count: bigint) => {
      Atomics.store(this.#numbers, PLACES.heard, count);
      interrupted();
    });
    start("ending", { interrupts, ...shared, patience: PATIENCE, endable }, interrupts);
  }

  /** Says that the signal has ended a script, which no other thread hears of. */
  hear(): void {
    Atomics.store(this.#numbers, PLACES.when, threadsNanos());
  }

  /** An interrupt has come that the main thread, which computes, has not heard of yet. */
  get isPending(): boolean {
    return Atomics.load(this.#numbers, PLACES.told) > Atomics.load(this.#numbers, PLACES.heard);
  }
}

function start(program: string, workerData: object, port: MessagePort): Worker {
  const file = createRequire(__filename).resolve(`tslake-cli/${program}.js`);
  const worker = new Worker(file, { workerData, transferList: [port], stdout: true, stderr: true });
  worker.unref();
  return worker;
}
