import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UsageError } from "../../lib/errors.js";
import { readSettings, type Settings, type SettingsSources } from "../../lib/settings.js";

let root = "";
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "tslake-settings-")));
  write({});
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (settings: unknown): void => {
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "x", tslake: settings }));
};
const read = (sources: Partial<SettingsSources> = {}): Settings =>
  readSettings({ cwd: root, environment: {}, ...sources });
const refusal = (sources: Partial<SettingsSources> = {}): UsageError => {
  try {
    read(sources);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error("the settings were taken");
};

describe("settings", () => {
  test("have the shipped values", () => {
    expect(read()).toEqual({
      root,
      landing: join(root, "data_lake", "landing"),
      lake: join(root, "data_lake", "lake"),
      lakeFolder: join(root, "data_lake", "lake"),
      timeZone: "America/Sao_Paulo",
      locale: "pt-BR",
      warehouse: undefined,
      isShipped: true,
    });
  });

  test("of package.json are overridden by the environment, and this by flags", () => {
    write({ landing: "in", lake: "out", timeZone: "UTC" });
    expect(read()).toMatchObject({ landing: join(root, "in"), lake: join(root, "out"), isShipped: false });
    const environment = { TSLAKE_LANDING: "env", TSLAKE_TIME_ZONE: "Asia/Tokyo" };
    expect(read({ environment })).toMatchObject({ landing: join(root, "env"), timeZone: "Asia/Tokyo" });
    expect(read({ environment, flags: { landing: "flag" } }).landing).toBe(join(root, "flag"));
  });

  test("are found from any folder of the workspace", () => {
    const cwd = join(root, "notebooks", "gold");
    mkdirSync(cwd, { recursive: true });
    expect(read({ cwd })).toMatchObject({ root, lake: join(root, "data_lake", "lake") });
    expect(read({ cwd, flags: { lake: "x" } }).lake).toBe(join(cwd, "x"));
    expect(read({ cwd, environment: { TSLAKE_LAKE: "x" } }).lake).toBe(join(root, "x"));
  });

  test("may name a bucket, for which a folder of the workspace stands", () => {
    const flags = { lake: "s3a://bucket/a/b/" };
    const lakeFolder = join(root, "data_lake", "s3", "bucket", "a", "b");
    expect(read({ flags })).toMatchObject({ lake: "s3://bucket/a/b", lakeFolder, isShipped: false });
    const environment = { TSLAKE_LAKE: "s3://bucket" };
    expect(read({ environment })).toMatchObject({ lake: "s3://bucket" });
    expect(() => read({ flags: { lake: "gs://bucket/x" } })).toThrow(/no storage for gs/);
  });

  test("skip a nearer package.json without the key", () => {
    mkdirSync(join(root, "lib"));
    writeFileSync(join(root, "lib", "package.json"), "{}");
    expect(read({ cwd: join(root, "lib") }).root).toBe(root);
  });

  test("TSLAKE_ROOT names the workspace", () => {
    expect(read({ cwd: sep, environment: { TSLAKE_ROOT: root } }).root).toBe(root);
  });

  test("an empty variable says nothing", () => {
    expect(read({ environment: { TSLAKE_LAKE: "" } }).isShipped).toBe(true);
  });

  test.each([
    ["an unknown setting", { lakes: "x" }, /no setting lakes/],
    ["a setting without value", { lake: "" }, /lake has no value/],
    ["a setting of another type", { lake: 7 }, /lake has no value/],
    ["settings that are no object", ["lake"], /not an object/],
    ["an unknown time zone", { timeZone: "Brazil/Nowhere" }, /no time zone Brazil\/Nowhere/],
    ["an unknown locale", { locale: "fr" }, /no locale fr/],
  ])("%s is refused", (_, settings, message) => {
    write(settings);
    expect(refusal().message).toMatch(message);
  });

  test("an unknown setting is answered with the valid ones", () => {
    write({ lakes: "x" });
    expect(refusal()).toMatchObject({ expected: "one of landing, lake, timeZone, locale, warehouse", actual: "lakes" });
  });

  test("an unknown variable is refused", () => {
    expect(refusal({ environment: { TSLAKE_LAKES: "x" } })).toMatchObject({
      message: "there is no setting TSLAKE_LAKES",
      expected: expect.stringContaining("TSLAKE_LAKE, TSLAKE_TIME_ZONE"),
    });
  });

  test("a folder outside every workspace is refused", () => {
    expect(refusal({ cwd: sep }).message).toMatch(/no tslake workspace/);
  });

  test("a package.json that is not JSON is named", () => {
    writeFileSync(join(root, "package.json"), "{");
    expect(refusal().where.path).toBe(join(root, "package.json"));
  });
});
