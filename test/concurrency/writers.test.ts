import type { ChildProcess } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { history } from "../../lib/delta/history.js";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { ROUNDS } from "../faults/rounds.js";
import { ChildScript, ended } from "../support/child_script.js";
import { describeWith } from "../support/partners.js";
import { type S3Server, startS3Server } from "../support/s3_server.js";
import { contents, expected, newTable } from "./table.js";

const WRITERS = Array.from({ length: 8 }, (_, i) => `w${i}`);
/** A hundred with TSLAKE_FAULT_ROUNDS=25. */
const COMMITS = Math.max(2, Math.round(4 * ROUNDS));
const TIMEOUT = 120_000 + COMMITS * 20_000;

let writer: ChildScript;
let maintenance: ChildScript;
beforeAll(async () => {
  writer = await ChildScript.of("test/concurrency/writer_process.ts");
  maintenance = await ChildScript.of("test/concurrency/maintenance_process.ts");
});
afterAll(() => {
  writer.remove();
  maintenance.remove();
});

/** Every row once, nothing lost of what was added up, and a log without gaps. */
async function check(address: string): Promise<void> {
  expect(await contents(address)).toEqual(expected(WRITERS, COMMITS));
  const table = await DeltaTable.open(address);
  const newest = await table.snapshot();
  const last = new Map(WRITERS.map((name) => [name, BigInt(COMMITS - 1)]));
  expect(await newest.txns(WRITERS)).toEqual(last);
  const versions = (await history(table.storage)).map(({ version }) => version);
  expect(versions).toEqual(Array.from(versions, (_, i) => newest.version - i));
}

function undisturbed(make: () => string): void {
  test(
    `eight processes, ${COMMITS} commits each, appends and merges in turn`,
    async () => {
      const address = make();
      await newTable(address);
      const started = performance.now();
      await Promise.all(WRITERS.map((name) => writer.run([address, name, String(COMMITS)])));
      const seconds = (performance.now() - started) / 1000;
      const { version } = await DeltaTable.open(address);
      expect(version).toBe(1 + WRITERS.length * COMMITS);
      process.stdout.write(`${address}: ${version} commits in ${seconds.toFixed(1)} s\n`);
      await check(address);
    },
    TIMEOUT,
  );
}

function disturbed(make: () => string): void {
  test(
    "the same while they, and one that compacts, checkpoints and vacuums, are killed at any instant",
    async () => {
      const address = make();
      await newTable(address, { "delta.checkpointInterval": "7" });
      let kills = 0;
      let isDone = false;
      const untilDone = async (name: string): Promise<void> => {
        for (let life = 1; ; life++) {
          const child = writer.start([address, name, String(COMMITS)]);
          const end = ended(child);
          // Long enough to begin with work, and longer each time, so that it gets done.
          const lethal = life <= 3 ? killAfter(child, 500 + Math.random() * 2500 * life) : undefined;
          const { code, signal } = await end;
          lethal?.abort();
          if (code === 0) return;
          if (signal !== "SIGKILL") throw new Error(`a writer ended with ${signal ?? `status ${code}`}`);
          kills++;
        }
      };
      const maintain = async (): Promise<void> => {
        while (!isDone) {
          const child = maintenance.start([address]);
          const end = ended(child);
          killAfter(child, 1500 + Math.random() * 3000);
          expect(await end, "maintenance goes on until it is killed").toMatchObject({ signal: "SIGKILL" });
        }
      };
      const beside = maintain();
      try {
        await Promise.all(WRITERS.map(untilDone));
      } finally {
        isDone = true;
        await beside;
      }
      process.stdout.write(`${address}: ${kills} writers killed\n`);
      await check(address);
    },
    TIMEOUT,
  );
}

function killAfter(child: ChildProcess, millis: number): AbortController {
  const abort = new AbortController();
  sleep(millis, undefined, { signal: abort.signal }).then(
    () => child.kill("SIGKILL"),
    () => undefined,
  );
  return abort;
}

describe("writers in a folder", () => {
  const root = fs.mkdtempSync(join(tmpdir(), "tslake-writers-"));
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
  let made = 0;
  const make = (): string => join(root, String(made++));
  undisturbed(make);
  disturbed(make);
});

describeWith("s3", "writers in a bucket", () => {
  let server: S3Server;
  let made = 0;
  beforeAll(async () => {
    server = await startS3Server();
    server.bucket("lake");
    Object.assign(process.env, server.environment);
  });
  afterAll(async () => {
    for (const name of Object.keys(server.environment)) delete process.env[name];
    await server.stop();
  });
  const make = (): string => `s3://lake/table-${made++}`;
  if (ROUNDS > 1) undisturbed(make);
  disturbed(make);
});
