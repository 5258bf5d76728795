/**
 * The thread of a kernel that waits for SIGINT: see lib/notebook/kernel/interrupts.ts. Only the main thread of a process gets
 * signals; a script that ends on SIGINT, here one that sleeps, is told of them in any thread.
 */
"use strict";

const vm = require("node:vm");
const { parentPort, workerData } = require("node:worker_threads");

const { ending, memory, told, when } = workerData;
const numbers = new BigInt64Array(memory);
const never = new Int32Array(new SharedArrayBuffer(4));
/** Nanoseconds between signals that are one interrupt. */
const TOGETHER = 250_000_000n;
let isSignalled = false;

globalThis[Symbol.for("tslake.interrupts")] = { sleep: () => Atomics.wait(never, 0, 0), watch };
const script = (name) => new vm.Script(`globalThis[Symbol.for("tslake.interrupts")].${name}()`);
const sleep = script("sleep");

// One within the other: a signal while another one is told of ends the outer one.
for (;;) {
  untilInterrupt(script("watch"));
  isSignalled = true;
}

function watch() {
  for (;;) {
    if (!isSignalled) untilInterrupt(sleep);
    isSignalled = true;
    const now = process.hrtime.bigint();
    if (now - Atomics.load(numbers, when) >= TOGETHER) {
      const count = Atomics.add(numbers, told, 1n) + 1n;
      ending.postMessage(count);
      parentPort.postMessage(count);
      // Last: a signal that ends this before lets it be told once more, and never not at all.
      Atomics.store(numbers, when, now);
    }
    isSignalled = false;
  }
}

function untilInterrupt(work) {
  try {
    work.runInThisContext({ breakOnSigint: true });
  } catch (error) {
    if (error.code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw error;
  }
}
