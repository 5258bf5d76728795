/**
 * The thread of a kernel that waits for SIGINT: see lib/notebook/kernel/interrupts.ts. Only the main thread of a process gets
 * signals; a script that ends on SIGINT, here one that sleeps, is told of them in any thread.
 */
"use strict";

const inspector = require("node:inspector");
const vm = require("node:vm");
const { parentPort, workerData } = require("node:worker_threads");

const { memory, heard, held, never, patience } = workerData;
const cells = new Int32Array(memory);
/** How often the main thread had heard of an interrupt when it was told of the present one; undefined while there is none. */
let before;

const asleep = { sleep: () => Atomics.wait(cells, never, 0), watch };
globalThis[Symbol.for("tslake.interrupts")] = asleep;
const script = (name) => new vm.Script(`globalThis[Symbol.for("tslake.interrupts")].${name}()`);
const sleep = script("sleep");

// Twice, one within the other: there is no moment without one, in which the signal would end the process.
for (;;) untilInterrupt(script("watch"));

/** Another signal may end this anywhere; called again it goes on there. */
function watch() {
  for (;;) {
    if (before === undefined) {
      untilInterrupt(sleep);
      before = Atomics.load(cells, heard);
      parentPort.postMessage("interrupt");
    }
    if (!isHeard()) terminate();
    before = undefined;
  }
}

function untilInterrupt(work) {
  try {
    work.runInThisContext({ breakOnSigint: true });
  } catch (error) {
    if (error.code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw error;
  }
}

/** False when the main thread computes, and what it computes may be ended. */
function isHeard() {
  do {
    if (Atomics.wait(cells, heard, before, patience) !== "timed-out") return true;
  } while (Atomics.load(cells, held) > 0);
  return false;
}

/** Ends what the main thread computes. */
function terminate() {
  const session = new inspector.Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution");
  session.disconnect();
}
