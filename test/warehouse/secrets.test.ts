import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newWorkspace, runPipeline } from "../faults/pipeline_process.js";
import { removeFolders } from "../faults/steps.js";
import { describeWith } from "../support/partners.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";

describeWith("postgres", "a password", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    removeFolders();
    await server.stop();
  });

  test("stands in nothing that a run writes or says, whether it works or fails", async () => {
    const root = newWorkspace();
    const address = await server.database();
    const forms = (password: string): readonly string[] => [
      password,
      encodeURIComponent(password),
      JSON.stringify(password).slice(1, -1),
      Buffer.from(password).toString("base64"),
    ];
    const wrong = "outra@senha secreta";
    const secrets = [...forms(server.password), ...forms(wrong)];
    const secretless = (text: string, where: string): void => {
      for (const secret of secrets) expect(text.includes(secret), `${secret} in ${where}`).toBe(false);
    };
    const failed = await runPipeline(undefined, ["--warehouse", server.address("postgres", { password: wrong })], root);
    expect(failed.status).not.toBe(0);
    expect(failed.stdout + failed.stderr).toContain("the password of analista is wrong or missing");
    const worked = await runPipeline(undefined, ["--warehouse", address], root);
    expect(worked.status, worked.stdout + worked.stderr).toBe(0);
    const doctor = spawnSync(process.execPath, [resolve("bin/tslake.js"), "doctor", "--warehouse", address], {
      encoding: "utf8",
    });
    expect(doctor.stdout + doctor.stderr).toContain("postgres://analista:***@localhost");
    for (const [where, text] of Object.entries({
      failed: failed.stdout + failed.stderr,
      worked: worked.stdout + worked.stderr,
      doctor: doctor.stdout + doctor.stderr,
    })) {
      secretless(text, where);
    }
    const lake = join(root, "data_lake");
    let files = 0;
    for (const name of readdirSync(lake, { recursive: true, encoding: "utf8" })) {
      if (!statSync(join(lake, name)).isFile()) continue;
      files++;
      secretless(readFileSync(join(lake, name), "latin1"), name);
    }
    expect(files).toBeGreaterThan(50);
    secretless(server.log(), "the server's log");
  }, 180_000);
});
