import type { HistoryEntry } from "../delta/history.js";
import { conditionText } from "./condition_text.js";
import { cellValue, count, counted, share } from "./format.js";
import { type Html, html } from "./html.js";
import { scrolling, section } from "./page.js";
import type { QuarantineFacts, RefusedRow } from "./quarantine_facts.js";
import type { LakeTable, StoredFacts } from "./table_facts.js";
import type { NamedSection } from "./table_page.js";

/** How one rule fared in one commit. */
interface Verdict {
  readonly version: number;
  readonly examined: number;
  /** Undefined where the commit does not tell rule by rule. */
  readonly broken: number | undefined;
}

/** The rules of a table with the share of rows that kept them, commit by commit; undefined for tables that examine no rows. */
export function expectationsSection({ contract }: LakeTable, { history }: StoredFacts): NamedSection | undefined {
  const commits = [...history]
    .reverse()
    .filter(
      ({ operationMetrics }) => operationMetrics["read"] !== undefined && operationMetrics["quarantined"] !== undefined,
    );
  if (contract === undefined || (contract.expectations.length === 0 && commits.length === 0)) return undefined;
  const rules = [
    {
      name: "readable",
      condition: "every value is there and of its column's type",
      severity: contract.unparsable,
      metric: "unreadable",
    },
    ...contract.expectations.map(({ name, severity, condition }) => ({
      name,
      severity,
      condition: conditionText(condition.expr),
      metric: `broken.${name}`,
    })),
  ];
  const rows = rules.map(({ name, condition, severity, metric }) => {
    const verdicts = commits.map((commit) => verdictOf(commit, metric)).filter(({ examined }) => examined > 0);
    const known = verdicts.filter((one): one is Verdict & { broken: number } => one.broken !== undefined);
    const last = known.at(-1);
    const [examined, broken] = [sum(known.map((one) => one.examined)), sum(known.map((one) => one.broken))];
    return html`<tr><th scope="row" class="mono">${name}</th><td class="mono">${condition}</td><td>${severity}</td><td class="num">${last ? share(last.examined - last.broken, last.examined) : "–"}</td><td class="num">${examined > 0 ? share(examined - broken, examined) : "–"}</td><td class="num">${count(broken)}</td><td>${passRates(name, known)}</td></tr>
`;
  });
  const table = html`<table>
<thead><tr><th scope="col">rule</th><th scope="col">a row keeps it when</th><th scope="col">if broken</th><th scope="col" class="num">kept, last run</th><th scope="col" class="num">kept, all runs shown</th><th scope="col" class="num">rows that broke it</th><th scope="col">over time</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
  const content = section(
    "expectations",
    "Expectations",
    scrolling("Expectations", table),
    `over ${counted(commits.length, "commit")}; a missing value breaks the rules about it`,
  );
  return { id: "expectations", title: "Expectations", content };
}

/** The refused rows; undefined for a table without any. */
export function quarantineSection(facts: QuarantineFacts | undefined): NamedSection | undefined {
  if (facts === undefined) return undefined;
  const { rows, reasons, lookedAt, shown } = facts;
  const most = Math.max(...reasons.map(([, one]) => one), 1);
  const tally = reasons.slice(0, 30).map(
    ([reason, one]) =>
      html`<tr><th scope="row"><bdi>${reason}</bdi></th><td class="num">${count(one)}</td><td><svg class="spark" width="160" height="9" role="img" aria-label="${count(one)} rows"><rect class="bar bad" width="${Math.max(2, Math.round((one / most) * 160))}" height="9" rx="1"/></svg></td></tr>
`,
  );
  const content = html`<h3>Why <small>a row can break several rules</small></h3>
${scrolling("Reasons", html`<table class="narrow"><thead><tr><th scope="col">reason</th><th scope="col" class="num">rows</th><th scope="col">share</th></tr></thead><tbody>${tally}</tbody></table>`)}
<h3>Which <small>${shown.length < Number(rows) ? `the first ${count(shown.length)} of ${count(rows)}, by file and line` : "by file and line, as they came"}</small></h3>
${scrolling("Rows in quarantine", html`<table><thead><tr><th scope="col">file</th><th scope="col" class="num">line</th><th scope="col">reasons</th><th scope="col">the row as it came</th></tr></thead><tbody>${shown.map(refusedRow)}</tbody></table>`)}
<p class="muted">They are judged again when the contract or the notebook changes. ${Number(rows) > lookedAt && html`Reasons are those of the first ${count(lookedAt)} rows.`}</p>`;
  return {
    id: "quarantine",
    title: "Quarantine",
    content: section("quarantine", "Quarantine", content, counted(rows, "row")),
  };
}

function refusedRow({ file, line, reasons, values }: RefusedRow): Html {
  const pairs = values.map(([name, value]) => html`<span class="muted">${name}</span> ${cellValue(value, 80)} `);
  return html`<tr><td class="mono"><bdi>${file}</bdi></td><td class="num">${line}</td><td>${reasons.map((reason) => html`<bdi>${reason}</bdi><br>`)}</td><td class="wide"><details><summary>${counted(values.length, "value")}</summary>${pairs.map((pair) => html`${pair}<br>`)}</details></td></tr>
`;
}

function verdictOf({ version, operationMetrics }: HistoryEntry, metric: string): Verdict {
  const of = (name: string): number => Number(operationMetrics[name] ?? 0);
  const refused = of("quarantined") + of("dropped") + of("warned");
  const isCounted =
    refused === 0 || Object.keys(operationMetrics).some((name) => name === "unreadable" || name.startsWith("broken."));
  return {
    version,
    examined: of("written") + of("quarantined") + of("dropped"),
    broken: isCounted ? of(metric) : undefined,
  };
}

/** A bar per commit, oldest first; a commit in which every row kept the rule is full. */
function passRates(rule: string, verdicts: readonly (Verdict & { readonly broken: number })[]): Html {
  const shown = verdicts.slice(-40);
  const bars = shown.map(({ version, examined, broken }, i) => {
    const kept = (examined - broken) / examined;
    // A small share must be seen too.
    const lost = broken === 0 ? 0 : Math.max(2, Math.round((1 - kept) * 18));
    const title = `version ${version}: ${share(examined - broken, examined)} of ${count(examined)} rows`;
    return html`<g><title>${title}</title><rect class="bar" x="${i * 7}" y="${lost}" width="5" height="${18 - lost}"/><rect class="bar bad" x="${i * 7}" y="0" width="5" height="${lost}"/></g>`;
  });
  const label = `${rule}: the share of rows that kept the rule in each of ${shown.length} commits`;
  return html`<svg class="spark" width="${Math.max(7, shown.length * 7)}" height="18" role="img" aria-label="${label}">${bars}</svg>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
