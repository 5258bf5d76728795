import { divideHalfUp, formatDecimal, parseBrazilian } from "./decimal.js";
import { contentHash, isIgnored, type LandedFile, type LandedRow, readLanded } from "./landing.js";
import { isDate, isTime } from "./time.js";

/** Where a sale was first registered: with the file's archived name it is the sale's `venda_id`. */
export interface SaleOrigin {
  /** The name under which the file landed. */
  readonly file: string;
  /** The line on which the row begins in the file; the header is line 1. */
  readonly line: number;
  /** The number of the row in the file, the header not counted. */
  readonly record: number;
}

/** A row of silver `vendas` without `venda_id` and `arquivo_de_origem`. Decimals carry all the digits of their scale. */
export interface SilverSale extends SaleOrigin {
  readonly timestamp_do_registro: string;
  readonly nome: string | null;
  readonly sobrenome: string | null;
  readonly email: string;
  readonly telefone: string | null;
  readonly produto_adquirido: string | null;
  readonly valor_da_compra: string;
  readonly canal: string | null;
  readonly plataforma_de_interacao: string | null;
  readonly campanha_de_marketing: string | null;
  readonly vendedor: string;
  readonly desconto_oferecido: string;
  readonly codigo_de_desconto_usado: string;
  readonly ano: number;
}

/** A row of gold `vendas` without `venda_id` and `arquivo_de_origem`. */
export interface GoldSale extends SaleOrigin {
  readonly timestamp_do_registro: string;
  readonly turno_compra: "Madrugada" | "Manhã" | "Tarde" | "Noite";
  readonly nome_completo: string;
  readonly email: string;
  readonly dominio_email: string;
  readonly telefone: string | null;
  readonly produto_adquirido: string | null;
  readonly valor_da_compra: string;
  readonly desconto_oferecido: string;
  readonly valor_com_desconto: string;
  readonly canal: string | null;
  readonly plataforma_de_interacao: string | null;
  readonly campanha_de_marketing: string | null;
  readonly vendedor: string;
  readonly codigo_de_desconto_usado: string;
  readonly ano: number;
}

export type BrokenPart = "fields" | "timestamp_do_registro" | "valor_da_compra" | "desconto_oferecido" | "email";

/** One reason for the quarantine; a column has at most one. */
export interface Reason {
  readonly column: BrokenPart;
  readonly problem: string;
}

export interface QuarantinedSale extends SaleOrigin {
  readonly fields: readonly string[];
  readonly reasons: readonly Reason[];
}

/** What one run does with the sales files that landed before it. `read = written + duplicates + quarantined`. */
export interface SalesRun {
  readonly read: number;
  readonly written: number;
  /** Rows that repeat an earlier row, good or broken. */
  readonly duplicates: number;
  /** How many of the duplicates repeat a broken row. */
  readonly brokenDuplicates: number;
  readonly quarantined: number;
  readonly taken: readonly string[];
  /** Files whose whole content had been taken before. */
  readonly resent: readonly string[];
  readonly rejected: readonly { readonly file: string; readonly reason: string }[];
  /** Files whose name is no sales file's: they stay where they are. */
  readonly left: readonly string[];
}

export interface SalesAnswer {
  readonly silver: readonly SilverSale[];
  readonly gold: readonly GoldSale[];
  readonly quarantined: readonly QuarantinedSale[];
  readonly runs: readonly SalesRun[];
}

/** The header of a sales file, in the order of the contract. */
export const SALES_HEADER = [
  "Timestamp do Registro",
  "Nome",
  "Sobrenome",
  "Email",
  "Telefone",
  "Produto Adquirido",
  "Valor da Compra",
  "Canal",
  "Plataforma de Interação",
  "Campanha de Marketing",
  "Vendedor",
  "Desconto Oferecido",
  "Código de Desconto Usado",
] as const;

/** What the sales tables must hold after runs that each take the files landed since the run before. */
export async function salesOracle(runs: readonly (readonly LandedFile[])[]): Promise<SalesAnswer> {
  const state: SalesState = { takenContent: new Set(), seen: new Map(), silver: [], quarantined: [] };
  const reports: SalesRun[] = [];
  for (const landed of runs) {
    const report: SalesReport = { ...NOTHING, taken: [], resent: [], rejected: [], left: [] };
    for (const file of landed.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
      await takeFile(file, state, report);
    }
    reports.push(report);
  }
  const { silver, quarantined } = state;
  return { silver, gold: silver.map(goldSale), quarantined, runs: reports };
}

interface SalesState {
  readonly takenContent: Set<string>;
  readonly seen: Map<string, "good" | "broken">;
  readonly silver: SilverSale[];
  readonly quarantined: QuarantinedSale[];
}

interface SalesReport extends SalesRun {
  read: number;
  written: number;
  duplicates: number;
  brokenDuplicates: number;
  quarantined: number;
  readonly taken: string[];
  readonly resent: string[];
  readonly rejected: { readonly file: string; readonly reason: string }[];
  readonly left: string[];
}

const NOTHING = { read: 0, written: 0, duplicates: 0, brokenDuplicates: 0, quarantined: 0 };

async function takeFile(file: LandedFile, state: SalesState, report: SalesReport): Promise<void> {
  if (isIgnored(file.name) || !/^registros.*\.csv(\.gz)?$/.test(file.name)) {
    report.left.push(file.name);
    return;
  }
  const hash = contentHash(file);
  if (state.takenContent.has(hash)) {
    report.resent.push(file.name);
    return;
  }
  const content = await readLanded(file, SALES_HEADER);
  if (content.rejected !== undefined) {
    report.rejected.push({ file: file.name, reason: content.rejected });
    return;
  }
  state.takenContent.add(hash);
  report.taken.push(file.name);
  for (const row of content.rows) takeRow(row, state, report);
}

function takeRow(row: LandedRow, state: SalesState, report: SalesReport): void {
  report.read++;
  const identity = identityOf(row);
  const before = state.seen.get(identity);
  if (before !== undefined) {
    report.duplicates++;
    if (before === "broken") report.brokenDuplicates++;
    return;
  }
  const judged = judge(row);
  if ("reasons" in judged) {
    state.quarantined.push(judged);
    report.quarantined++;
    state.seen.set(identity, "broken");
  } else {
    state.silver.push(judged);
    report.written++;
    state.seen.set(identity, "good");
  }
}

/**
 * Two rows are the same sale when every value that they came with is the same text, whatever the columns' order; two lines of
 * a wrong shape are the same when they are so to the letter.
 */
function identityOf(row: LandedRow): string {
  if (row.values === undefined) return JSON.stringify(["ragged", row.raw]);
  return JSON.stringify([...row.values].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function judge(row: LandedRow): SilverSale | QuarantinedSale {
  const origin = { file: row.file, line: row.line, record: row.record };
  const { values } = row;
  if (values === undefined) {
    const problem = row.fields.length < row.expectedFields ? "too few fields" : "too many fields";
    return { ...origin, fields: row.fields, reasons: [{ column: "fields", problem }] };
  }
  const text = (header: (typeof SALES_HEADER)[number]): string | null => values.get(header) ?? null;
  const trimmed = (header: (typeof SALES_HEADER)[number]): string | null => text(header)?.trim() || null;
  const reasons: Reason[] = [];

  const timestamp = trimmed("Timestamp do Registro");
  if (timestamp === null) reasons.push({ column: "timestamp_do_registro", problem: "missing" });
  else if (!isTimestamp(timestamp)) reasons.push({ column: "timestamp_do_registro", problem: "not a timestamp" });

  const email = text("Email");
  if (email === null) reasons.push({ column: "email", problem: "missing" });
  else if (email.split("@").length !== 2) reasons.push({ column: "email", problem: "not exactly one @" });

  const valueText = trimmed("Valor da Compra");
  const value = valueText === null ? undefined : parseBrazilian(valueText, 18, 2);
  if (valueText === null) reasons.push({ column: "valor_da_compra", problem: "missing" });
  else if (value === undefined) reasons.push({ column: "valor_da_compra", problem: "not a number" });
  else if (value < 0n) reasons.push({ column: "valor_da_compra", problem: "negative" });

  const discountText = trimmed("Desconto Oferecido");
  const discount = discountText === null ? 0n : parsePercent(discountText);
  if (discount === undefined) reasons.push({ column: "desconto_oferecido", problem: "not a percentage" });
  else if (discount < 0n || discount > 1_000_000n) {
    reasons.push({ column: "desconto_oferecido", problem: "not between 0 and 100%" });
  }

  if (reasons.length > 0 || timestamp === null || email === null || value === undefined || discount === undefined) {
    return { ...origin, fields: row.fields, reasons };
  }
  return {
    ...origin,
    timestamp_do_registro: timestamp,
    nome: text("Nome"),
    sobrenome: text("Sobrenome"),
    email,
    telefone: text("Telefone"),
    produto_adquirido: text("Produto Adquirido"),
    valor_da_compra: formatDecimal(value, 2),
    canal: text("Canal"),
    plataforma_de_interacao: text("Plataforma de Interação"),
    campanha_de_marketing: text("Campanha de Marketing"),
    vendedor: text("Vendedor") ?? "NÃO INFORMADO",
    desconto_oferecido: formatDecimal(discount, 6),
    codigo_de_desconto_usado: text("Código de Desconto Usado") ?? "NÃO DISPONÍVEL",
    ano: Number(timestamp.slice(0, 4)),
  };
}

function goldSale(sale: SilverSale): GoldSale {
  const cents = BigInt(sale.valor_da_compra.replace(".", ""));
  const millionths = BigInt(sale.desconto_oferecido.replace(".", ""));
  return {
    file: sale.file,
    line: sale.line,
    record: sale.record,
    timestamp_do_registro: sale.timestamp_do_registro,
    turno_compra: shiftOf(Number(sale.timestamp_do_registro.slice(11, 13))),
    nome_completo: fullName(sale.nome, sale.sobrenome),
    email: sale.email,
    dominio_email: sale.email.slice(sale.email.indexOf("@") + 1),
    telefone: sale.telefone,
    produto_adquirido: sale.produto_adquirido,
    valor_da_compra: sale.valor_da_compra,
    desconto_oferecido: sale.desconto_oferecido,
    valor_com_desconto: formatDecimal(divideHalfUp(cents * (1_000_000n - millionths), 1_000_000n), 2),
    canal: sale.canal,
    plataforma_de_interacao: sale.plataforma_de_interacao,
    campanha_de_marketing: sale.campanha_de_marketing,
    vendedor: sale.vendedor,
    codigo_de_desconto_usado: sale.codigo_de_desconto_usado,
    ano: sale.ano,
  };
}

function isTimestamp(text: string): boolean {
  const [date, time, ...rest] = text.split(" ");
  return date !== undefined && time !== undefined && rest.length === 0 && isDate(date) && isTime(time);
}

/** `12,5%` as millionths: 125000n. */
function parsePercent(text: string): bigint | undefined {
  return text.endsWith("%") ? parseBrazilian(text.slice(0, -1).trim(), 9, 4) : undefined;
}

function shiftOf(hour: number): GoldSale["turno_compra"] {
  if (hour < 6) return "Madrugada";
  if (hour < 12) return "Manhã";
  return hour < 18 ? "Tarde" : "Noite";
}

function fullName(first: string | null, last: string | null): string {
  const words = `${first ?? ""} ${last ?? ""}`.split(" ").filter((word) => word !== "");
  return words.map(capitalise).join(" ");
}

function capitalise(word: string): string {
  const [first = "", ...rest] = word;
  return first.toUpperCase() + rest.join("").toLowerCase();
}
