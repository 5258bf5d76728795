import { describe, expect, test } from "vitest";
import { main as tslake } from "../../lib/cli/main.js";
import type { AnyTable } from "../../lib/contract/define_table.js";
import { SETTINGS } from "../../lib/settings.js";
import * as tables from "../../lib/tables/index.js";
import { formatType } from "../../lib/types.js";
import { main as report } from "../../scripts/report.js";
import { main as pipeline } from "../../scripts/run-notebooks.js";
import { printed } from "../support/printed.js";

/** Parts of the reference that are made from the program itself: `npx vitest run test/docs -u` writes them. */
describe("the reference", () => {
  test("of commands is what they say of themselves", async () => {
    const names = commandsIn(await helpOf(tslake));
    const sections = [
      "# Commands",
      "Made from the commands' own help. Exit statuses: 0 done, 1 failed, 2 wrong usage, 130 interrupted.",
      section("npm run pipeline", await helpOf(pipeline)),
      section("npm run report", await helpOf(report)),
      "## npx tslake",
      fenced(await helpOf(tslake)),
    ];
    for (const name of names) sections.push(section(`tslake ${name}`, await helpOf(tslake, name), "###"));
    sections.push(
      "## Others",
      "`npm run lab` is `npx tslake lab`; `npm run docker` starts it in a container. `npm test` runs the tests, `npm run check` format, lint, types, notebook cells and unused code (`-- --fix` mends format and imports), `npm run bench` measures, `npm run conformance -- FOLDER OUT.json` digests what is in any folder of Delta tables.",
    );
    await expect(`${sections.join("\n\n")}\n`).toMatchFileSnapshot("../../docs/reference/commands.md");
  });

  test("of settings is what is read", async () => {
    const about: Readonly<Record<keyof typeof SETTINGS, readonly [flag: string, meaning: string]>> = {
      landing: ["`--landing`", "folder of arriving files"],
      lake: ["`--lake`", "folder of the tables, or `s3://bucket/prefix`"],
      timeZone: ["", "IANA zone in which logical days are counted"],
      locale: ["", "`pt-BR` or `en`: how charts write numbers and dates"],
      warehouse: [
        "`--warehouse`",
        "`duckdb:PATH`, `postgres://…` or `redshift://…`; without it `warehouse.duckdb` in the lake's folder",
      ],
    };
    const rows = Object.entries(SETTINGS).map(([name, { variable, shipped }]) => {
      const [flag, meaning] = about[name as keyof typeof SETTINGS];
      return `| \`${name}\` | \`${variable}\` | ${flag} | ${shipped === undefined ? "" : `\`${shipped}\``} | ${meaning} |`;
    });
    const text = `# Settings

The key \`tslake\` in \`package.json\`, overridden by environment variables, overridden by flags. Relative paths are relative to the workspace's
folder, those of a flag to where the command is called. An unknown key or \`TSLAKE_\` variable is an error.

| key | variable | flag | shipped | |
|---|---|---|---|---|
${rows.join("\n")}

Beside these: \`TSLAKE_ROOT\` names the workspace's folder for a command that is called elsewhere; \`TSLAKE_COMMIT=1\` lets notebooks in JupyterLab
write to the lake itself; \`JUPYTER_TOKEN\` is JupyterLab's token. Credentials are in no setting: those of buckets are given as AWS's own
tools want them, a database's password in its address or as \`PGPASSWORD\`.
`;
    await expect(text).toMatchFileSnapshot("../../docs/reference/settings.md");
  });

  test("of tables is what the contracts say", async () => {
    const layers = [tables.bronze, tables.silver, tables.gold].flatMap((layer): readonly AnyTable[] =>
      Object.values(layer),
    );
    const text = [
      "# Tables",
      "Made from the contracts in [lib/tables](../../lib/tables). Money is `decimal(18,2)`, never floating point; `timestamp_ntz` is a wall-clock time without zone.",
      ...layers.map(tableText),
      "## The star schema",
      starText(),
    ].join("\n\n");
    await expect(`${text}\n`).toMatchFileSnapshot("../../docs/reference/tables.md");
  });
});

/** The help of a command, as on a terminal of 80 columns. */
async function helpOf(
  main: (argv: readonly string[]) => Promise<number>,
  ...command: readonly string[]
): Promise<string> {
  const { status, stdout } = await printed(() => main([...command, "--help"]));
  expect(status).toBe(0);
  return stdout;
}

function commandsIn(help: string): readonly string[] {
  const listed = help.slice(help.indexOf("Commands:"));
  return [...listed.matchAll(/^ {2}([a-z]+)(?= |$)/gm)].flatMap(([, name = ""]) => (name === "help" ? [] : name));
}

function section(title: string, help: string, level = "##"): string {
  return `${level} ${title}\n\n${fenced(help)}`;
}

function fenced(help: string): string {
  return `\`\`\`text\n${help.trimEnd()}\n\`\`\``;
}

function tableText(table: AnyTable): string {
  const facts = [
    `**Grain**: ${table.grain}.`,
    table.landing &&
      `**Files**: ${table.landing.files.map((name) => `\`${name}\``).join(", ")} in \`landing/${table.landing.source}/\`.`,
    table.reads.length > 0 && `**Reads**: ${table.reads.join(", ")}.`,
    `**Written**: ${table.write}${table.key.length > 0 ? ` by ${table.key.join(", ")}` : ""}.`,
    table.expectations.length > 0 &&
      `**Expects**: ${table.expectations.map(({ name, severity }) => `${name} (${severity})`).join(", ")}.`,
  ].filter((fact) => typeof fact === "string");
  const rows = Object.entries(table.columns).map(([name, { type, nullable, description, from }]) => {
    const header = from === undefined ? "" : ` Header: ${from}.`;
    return `| \`${name}\` | ${formatType(type)}${nullable ? "" : ", not null"} | ${description}.${header} |`;
  });
  return [
    `## ${table.name}`,
    `${table.description}.`,
    facts.join(" "),
    ["| column | type | |", "|---|---|---|", ...rows].join("\n"),
  ].join("\n\n");
}

function starText(): string {
  const star = tables.warehouse.vendas;
  const parts = [...star.facts, ...star.dimensions].map(({ name, description }) => `| \`${name}\` | ${description} |`);
  const views = star.views.map(({ name, description }) => `| \`${name}\` | ${description} |`);
  return ["| table or view | |", "|---|---|", ...parts, ...views].join("\n");
}
