import { mkdirSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endProgress, tellProgress } from "../../lib/pipeline/progress.js";
import { lockLake } from "../../lib/pipeline/run_lock.js";
import { reportFolder, writeReport } from "../../lib/report/report.js";
import { type ServedReport, serveReport } from "../../lib/report/serve.js";
import { HostileLake } from "./hostile_lake.js";

const fixture = new HostileLake();
let served: ServedReport;

beforeAll(async () => {
  await fixture.fill();
  await writeReport(fixture.sources);
  writeFileSync(join(fixture.lakeFolder, "secret.html"), "secret");
  const folder = realpathSync(reportFolder(fixture.lakeFolder));
  served = await serveReport({ folder, lakeFolder: fixture.lakeFolder, port: 0 });
});
afterAll(async () => {
  await served.close();
  fixture.remove();
});

/** The status and body of an answer to a path as it is written, which `fetch` would tidy up. */
function ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; body: string }> {
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(served.url);
    get({ hostname, port, path, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part) => {
        body += part;
      });
      response.on("end", () => done({ status: response.statusCode ?? 0, body }));
    }).on("error", fail);
  });
}

/** The messages of an event stream, as they come. */
async function* events(): AsyncGenerator<unknown> {
  const response = await fetch(new URL("/events", served.url));
  const decoder = new TextDecoder();
  let text = "";
  if (response.body === null) return;
  for await (const part of response.body) {
    text += decoder.decode(part, { stream: true });
    const messages = text.split("\n\n");
    text = messages.pop() ?? "";
    for (const message of messages) {
      const data = message.split("\n").find((line) => line.startsWith("data: "));
      if (data !== undefined) yield JSON.parse(data.slice(6));
    }
  }
}

test("a port that is taken is refused, and nothing is left that would keep the process", async () => {
  const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const { port } = new URL(served.url);
  const folder = reportFolder(fixture.lakeFolder);
  const again = serveReport({ folder, lakeFolder: fixture.lakeFolder, port: Number(port) });
  await expect(again).rejects.toThrow("the report cannot be served there");
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeLessThanOrEqual(before);
});

describe("a served report", () => {
  test("is bound to this machine, and its pages ask for progress", async () => {
    expect(new URL(served.url).hostname).toBe("127.0.0.1");
    const { status, body } = await ask("/");
    expect(status).toBe(200);
    expect(body).toContain('<html lang="en" data-live>');
    expect((await ask("/tables/silver.notas.html")).status).toBe(200);
  });

  test.each([
    "/../secret.html",
    "/%2e%2e/secret.html",
    "/..%2fsecret.html",
    "/state.json",
    "/nothing.html",
    "/a%00.html",
    "/%",
  ])("does not answer %s", async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).not.toContain("secret");
  });

  test("does not answer to another name than this machine's", async () => {
    expect((await ask("/", { host: "attacker.example" })).status).toBe(403);
    expect((await ask("/", { host: "localhost:4040" })).status).toBe(200);
  });

  test("refuses a port that is taken", async () => {
    const port = Number(new URL(served.url).port);
    await expect(serveReport({ folder: fixture.folder, lakeFolder: fixture.lakeFolder, port })).rejects.toThrow(
      "the report cannot be served there",
    );
  });

  test("tells how far a run is, step by step, that it has ended, and when pages were written again", async () => {
    const stream = events();
    const { run, written } = (await stream.next()).value as { readonly run: unknown; readonly written: number };
    expect(run).toBeNull();
    const runId = "20240109T000000Z-0000ffff";
    mkdirSync(join(fixture.lakeFolder, "_runs"), { recursive: true });
    const release = lockLake(fixture.lakeFolder, runId, "2024-01-09T00:00:00Z");
    const observer = tellProgress(fixture.lakeFolder, {});
    const days = { day: "2024-01-08", from: undefined };
    observer.runStarts?.({ runId, days, steps: ["bronze.a", "silver.a"], samplesCopied: 0, warnings: [] });
    observer.stepStarts?.("bronze.a", []);
    const steps = [
      { step: "bronze.a", status: "running" },
      { step: "silver.a", status: "waiting" },
    ];
    expect((await stream.next()).value).toEqual({ run: { runId, steps }, written });
    endProgress(fixture.lakeFolder, runId);
    release();
    expect((await stream.next()).value).toEqual({ run: null, written });
    utimesSync(join(reportFolder(fixture.lakeFolder), "index.html"), new Date(), new Date(Date.now() + 60_000));
    const later = (await stream.next()).value as { readonly written: number };
    expect(later.written).toBeGreaterThan(written);
    await stream.return(undefined);
  });

  test("takes no run for one that works when only its remains are there", async () => {
    const { readProgress } = await import("../../lib/pipeline/progress.js");
    const folder = join(fixture.folder, "abandoned");
    mkdirSync(join(folder, "_runs"), { recursive: true });
    writeFileSync(join(folder, "_runs", "progress.json"), JSON.stringify({ runId: "a", steps: [] }));
    expect(readProgress(folder, Date.now())).toBeUndefined();
    writeFileSync(join(folder, "_runs", "lock"), JSON.stringify({ runId: "a" }));
    expect(readProgress(folder, Date.now())).toEqual({ runId: "a", steps: [] });
    expect(readProgress(folder, Date.now() + 200_000)).toBeUndefined();
    rmSync(folder, { recursive: true });
  });
});
