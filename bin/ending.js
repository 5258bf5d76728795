/**
 * The thread of a kernel that ends what the main thread computes when that does not hear of an interrupt: see
 * lib/notebook/kernel/interrupts.ts. It looks at what the main thread does before, as a debugger does.
 */
"use strict";

const inspector = require("node:inspector");
const { setTimeout } = require("node:timers/promises");
const { workerData } = require("node:worker_threads");

const { interrupts, memory, told, heard, patience, endable } = workerData;
const numbers = new BigInt64Array(memory);
let last = Promise.resolve();

interrupts.on("message", () => {
  last = last.then(async () => {
    while (!(await isHeardSoon())) await endComputing();
  });
});

async function isHeardSoon() {
  await setTimeout(patience);
  return Atomics.load(numbers, heard) >= Atomics.load(numbers, told);
}

/** Resolves when the main thread goes on, or has heard. It may take long to stop: all its scripts are told before. */
async function endComputing() {
  const session = new inspector.Session();
  session.connectToMainThread();
  const scripts = new Map();
  session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params.url));
  let frames;
  session.once("Debugger.paused", ({ params }) => {
    frames = params.callFrames;
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  while (frames === undefined && !(await isHeardSoon()));
  const files = frames?.map((frame) => scripts.get(frame.location.scriptId) ?? "") ?? [];
  const mayEnd = files.some((file) => endable.some((address) => file.startsWith(address)));
  session.post("Debugger.resume", { terminateOnResume: mayEnd });
  session.disconnect();
}
