import fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "./errors.js";

/** Where a workspace keeps its data and how it counts days. */
export interface Settings {
  /** Absolute folder of the workspace: its package.json has the key `tslake`. */
  readonly root: string;
  /** Absolute folder of arriving files. */
  readonly landing: string;
  /** Where the tables are: an absolute folder, or an address in a bucket (`s3://bucket/prefix`). */
  readonly lake: string;
  /** Absolute folder of run records, executed notebooks and the run's lock: the lake's, or one that stands for its bucket. */
  readonly lakeFolder: string;
  /** IANA time zone in which logical days are counted. */
  readonly timeZone: string;
  /** How charts write numbers and dates, and in which language their own words are. */
  readonly locale: "pt-BR" | "en";
  /** Where the star schema goes: `duckdb:` and an absolute path, or a database's address, maybe with a password; undefined for a file in `lakeFolder`. */
  readonly warehouse: string | undefined;
  /** True while neither landing zone nor lake is another than the shipped one: only there samples are offered. */
  readonly isShipped: boolean;
}

/** Settings by name, before they are resolved. */
export type GivenSettings = Readonly<Partial<Record<SettingName, string | undefined>>>;

export interface SettingsSources {
  /** Where the command or notebook starts; the root is sought from here upwards. */
  readonly cwd: string;
  /** Flags of a command; relative paths are relative to `cwd`. */
  readonly flags?: GivenSettings;
  /** Default: this process's. Relative paths in it are relative to the root. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

type SettingName = "landing" | "lake" | "timeZone" | "locale" | "warehouse";

/** Every setting, with the variable that overrides it. */
export const SETTINGS: Readonly<
  Record<SettingName, { readonly variable: string; readonly shipped: string | undefined }>
> = {
  landing: { variable: "TSLAKE_LANDING", shipped: "data_lake/landing" },
  lake: { variable: "TSLAKE_LAKE", shipped: "data_lake/lake" },
  timeZone: { variable: "TSLAKE_TIME_ZONE", shipped: "America/Sao_Paulo" },
  locale: { variable: "TSLAKE_LOCALE", shipped: "pt-BR" },
  warehouse: { variable: "TSLAKE_WAREHOUSE", shipped: undefined },
};

/** Variables that are no settings: the root, what a run tells its notebooks, what tests stop or choose. */
const OTHER_VARIABLES = [
  "TSLAKE_ROOT",
  "TSLAKE_RUN_ID",
  "TSLAKE_STEP",
  "TSLAKE_CODE_HASH",
  "TSLAKE_PARAMETERS",
  "TSLAKE_FULL_REFRESH",
  "TSLAKE_BUNDLE",
  "TSLAKE_COMMIT",
  "TSLAKE_NOW",
  "TSLAKE_SEED",
  "TSLAKE_SHARED",
  "TSLAKE_PROPERTY_RUNS",
  "TSLAKE_FAULT_ROUNDS",
];

/** Names that begin so say where tests find other programs. */
const TEST_PREFIX = "TSLAKE_TEST_";

/**
 * The settings of the workspace that surrounds a folder: the key `tslake` of its package.json, overridden by `TSLAKE_*`
 * variables, overridden by flags.
 * @throws UsageError when there is no workspace, or for a setting that is unknown or of the wrong form
 */
export function readSettings({ cwd, flags = {}, environment = process.env }: SettingsSources): Settings {
  const root = environment["TSLAKE_ROOT"] ? resolve(cwd, environment["TSLAKE_ROOT"]) : findRoot(cwd);
  const file = join(root, "package.json");
  const written = writtenSettings(file);
  refuseUnknownVariables(environment);
  const value = (name: SettingName): string | undefined => {
    const { variable, shipped } = SETTINGS[name];
    return flags[name] ?? nonEmpty(environment[variable]) ?? written[name] ?? shipped;
  };
  const folder = (name: "landing" | "lake"): string => {
    const flag = flags[name];
    if (flag === "") throw new UsageError(`--${name} names no folder`);
    return flag === undefined ? resolve(root, value(name) ?? ".") : resolve(cwd, flag);
  };
  const landing = folder("landing");
  const bucket = bucketAddress(value("lake"));
  const lake = bucket ?? folder("lake");
  const shipped = (name: "landing" | "lake"): string => resolve(root, SETTINGS[name].shipped ?? ".");
  return {
    root,
    landing,
    lake,
    lakeFolder: bucket === undefined ? lake : join(root, "data_lake", bucket.replace(":/", "")),
    timeZone: checkedTimeZone(value("timeZone") ?? "UTC"),
    locale: checkedLocale(value("locale")),
    warehouse: warehouseAddress(value("warehouse"), flags.warehouse === undefined ? root : cwd),
    isShipped: landing === shipped("landing") && lake === shipped("lake"),
  };
}

/** The address, with an absolute path where it names a file. */
function warehouseAddress(text: string | undefined, folder: string): string | undefined {
  const [, path] = /^duckdb:(.+)$/is.exec(text ?? "") ?? [];
  return path === undefined ? nonEmpty(text) : `duckdb:${resolve(folder, path)}`;
}

/** The address without its last `/`; undefined when the text names a folder. */
function bucketAddress(text: string | undefined): string | undefined {
  const [, scheme, place = ""] = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/is.exec(text ?? "") ?? [];
  if (scheme === undefined) return undefined;
  if (/^s3a?$/.test(scheme)) return `s3://${place.replace(/\/+$/, "")}`;
  throw new UsageError(`there is no storage for ${scheme}: addresses`, { expected: "a folder, or s3://bucket/prefix" });
}

/** @throws UsageError when no folder from here up is a workspace */
function findRoot(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const content = readPackage(join(folder, "package.json"));
    if (content !== undefined && "tslake" in content) return folder;
    if (folder === dirname(folder)) break;
  }
  throw new UsageError("there is no tslake workspace here", {
    where: { path: resolve(cwd) },
    expected: "a package.json with the key tslake, in this folder or one above",
    remedy: "go to the workspace's folder, or name it by TSLAKE_ROOT",
  });
}

function writtenSettings(file: string): GivenSettings {
  const written = readPackage(file)?.["tslake"];
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    throw new UsageError("the settings are not an object", { where: { path: file }, expected: '"tslake": { … }' });
  }
  for (const [name, value] of Object.entries(written)) {
    if (!(name in SETTINGS)) {
      throw new UsageError(`there is no setting ${name}`, {
        where: { path: file },
        expected: `one of ${Object.keys(SETTINGS).join(", ")}`,
        actual: name,
      });
    }
    if (typeof value !== "string" || value === "") {
      throw new UsageError(`the setting ${name} has no value`, {
        where: { path: file },
        expected: "text",
        actual: JSON.stringify(value),
      });
    }
  }
  return written;
}

function refuseUnknownVariables(environment: Readonly<Record<string, string | undefined>>): void {
  const known = [...Object.values(SETTINGS).map((setting) => setting.variable), ...OTHER_VARIABLES];
  const isUnknown = (name: string): boolean => !known.includes(name) && !name.startsWith(TEST_PREFIX);
  const unknown = Object.keys(environment).find((name) => name.startsWith("TSLAKE_") && isUnknown(name));
  if (unknown === undefined) return;
  throw new UsageError(`there is no setting ${unknown}`, {
    where: { path: "the environment" },
    expected: `one of ${Object.values(SETTINGS)
      .map((setting) => setting.variable)
      .join(", ")}, TSLAKE_ROOT`,
    actual: unknown,
  });
}

/** Asking for a zone loads the zone database, which takes 20 ms: the shipped one is known to be there. */
function checkedTimeZone(timeZone: string): string {
  if (timeZone === SETTINGS.timeZone.shipped) return timeZone;
  try {
    new Intl.DateTimeFormat("en-CA", { timeZone });
    return timeZone;
  } catch (cause) {
    throw new UsageError(`there is no time zone ${timeZone}`, { expected: "a name such as America/Sao_Paulo", cause });
  }
}

function checkedLocale(locale: string | undefined): "pt-BR" | "en" {
  if (locale === "pt-BR" || locale === "en") return locale;
  throw new UsageError(`there is no locale ${locale}`, { expected: "pt-BR or en" });
}

/** @throws UsageError when the file is there and cannot be understood */
function readPackage(file: string): Readonly<Record<string, unknown>> | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === "object" && content !== null ? { ...content } : undefined;
  } catch (cause) {
    throw new UsageError("this file is not JSON", { where: { path: file }, cause });
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
