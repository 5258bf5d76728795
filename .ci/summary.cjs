// Adds up the tests of several runs (vitest's JSON reports): what failed, what was skipped and why, and the totals.
"use strict";

const { existsSync, readFileSync } = require("node:fs");
const { basename } = require("node:path");

const total = { passed: 0, failed: 0, skipped: 0 };
const skipped = new Map();

for (const file of process.argv.slice(2).filter(existsSync)) {
  const run = basename(file, ".json");
  const report = JSON.parse(readFileSync(file, "utf8"));
  for (const suite of report.testResults) {
    const broken = suite.status === "failed" && suite.assertionResults.every((test) => test.status !== "failed");
    if (broken) fail(run, suite.name, suite.message);
    for (const test of suite.assertionResults) {
      if (test.status === "passed") total.passed++;
      else if (test.status === "failed") fail(run, test.fullName, test.failureMessages[0] ?? "");
      else skip(run, test.ancestorTitles.join(" > ") || test.title);
    }
  }
}

for (const [what, count] of skipped) console.log(`skipped: ${what}: ${count}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.passed > 0 && total.failed === 0 ? 0 : 1;

function fail(run, name, message) {
  total.failed++;
  // The first lines of a property that failed hold its seed and what it was tried with.
  const told = message.split("\n").slice(0, 6);
  console.log([`failed (${run}): ${name}`, ...told.map((line) => `    ${line.slice(0, 500)}`)].join("\n"));
}

function skip(run, title) {
  total.skipped++;
  const what = `${run}: ${title}`;
  skipped.set(what, (skipped.get(what) ?? 0) + 1);
}
