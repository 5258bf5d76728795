import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** Where a machine-readable report goes besides the one for people. */
const report = process.env["TSLAKE_TEST_JSON"];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^tslake\/tables$/, replacement: here("lib/tables/index.ts") },
      { find: /^tslake$/, replacement: here("lib/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/partner_process.ts",
    // Frames are native memory: a process of its own gives back what a test file used.
    pool: "forks",
    // Much of the time is spent waiting for programs that tests have started.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    // The machine's zone is never the workspace's: a test that depends on it fails here.
    env: { TZ: "Asia/Kolkata" },
    reporters: [["default", { summary: process.env["CI"] === undefined }], ...(report === undefined ? [] : ["json"])],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
});
