import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { Lake } from "../../lib/lake/lake.js";
import { S3Storage } from "../../lib/storage/s3.js";
import * as tables from "../../lib/tables/index.js";
import { lakeIn, newWorkspace, runPipeline } from "../faults/pipeline_process.js";
import { ROUNDS } from "../faults/rounds.js";
import { contentsOf, EVENTS, land, newFolder, removeFolders, SALES } from "../faults/steps.js";
import { describeWith } from "../support/partners.js";
import { type S3Server, startS3Server } from "../support/s3_server.js";

/** The files below a folder, by their paths. */
function pagesIn(folder: string): ReadonlyMap<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [relative(folder, file), readFileSync(file, "utf8")]));
}

describeWith("s3", "a pipeline whose lake is in a bucket", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
    server.bucket("lake");
    Object.assign(process.env, server.environment);
  });
  afterAll(async () => {
    for (const name of Object.keys(server.environment)) delete process.env[name];
    removeFolders();
    await server.stop();
  });

  test("builds the tables that it builds in a folder, keeps its records beside, and shows no credentials", async () => {
    const workspace = newWorkspace();
    const local = newFolder();
    const landing = join(newFolder(), "landing");
    const catalog = new Catalog([tables.bronze, tables.silver, tables.gold].flatMap((layer) => Object.values(layer)));
    const storage = new S3Storage("s3://lake/sales", server.options);
    const lake = new Lake({ storage, catalog, timeZone: "America/Sao_Paulo" });
    let said = "";
    for (const delivery of ROUNDS > 1 ? (["first", "second"] as const) : (["first"] as const)) {
      const files = [...SALES[delivery].files, ...EVENTS[delivery].files];
      const argv = ["--date", EVENTS[delivery].date];
      land(join(local, "landing"), files);
      land(landing, files);
      expect(await runPipeline(local, argv, workspace)).toMatchObject({ status: 0 });
      const places = ["--lake", "s3://lake/sales/", "--landing", landing];
      const { status, stdout, stderr } = await runPipeline(undefined, [...places, ...argv], workspace);
      expect(status, stdout + stderr).toBe(0);
      said += stdout + stderr;
      expect(await contentsOf(lake)).toEqual(await contentsOf(lakeIn(local)));
    }
    expect((await storage.list("bronze/_archive/")).length).toBeGreaterThan(2);
    const records = join(workspace, "data_lake", "s3", "lake", "sales", "_runs");
    expect(readdirSync(records).length).toBeGreaterThan(0);
    const report = join(records, "..", "_report");
    const afterRun = pagesIn(report);
    const made = spawnSync(process.execPath, [resolve("bin/report.js"), "--lake", "s3://lake/sales/"], {
      cwd: workspace,
      encoding: "utf8",
    });
    expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: "" });
    const pages = pagesIn(report);
    expect([...pages.keys()].filter((name) => !afterRun.has(name))).toEqual(["tables/warehouse.vendas.views.html"]);
    expect(pages.get("index.html")).toMatch(/>(\d+) of \1 built</);
    expect(pages.get("tables/gold.vendas.html")).toMatch(/class="sample".*@/s);
    for (const folder of [records, report]) said += [...pagesIn(folder).values()].join("");
    expect(said).not.toContain(server.credentials.secretAccessKey);
  }, 240_000);
});
