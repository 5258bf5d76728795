import type { ChartLocale } from "./theme.js";

/** The words that charts add of their own, in the language of their numbers. */
const WORDS = {
  en: {
    locale: "en",
    rows: "rows",
    by: "by",
    of: "of",
    nothing: "(null)",
    others: "others",
    noData: "no rows",
    sum: "sum of",
    avg: "mean of",
    min: "least",
    max: "greatest",
    sample: "sample:",
    without: "without",
    or: "or",
    largest: "the largest of",
    negative: "without negative values:",
    more: "more",
    steps: "in steps of",
    second: "second",
    hour: "hour",
    day: "day",
    week: "week",
    month: "month",
    quarter: "quarter",
    year: "year",
  },
  "pt-BR": {
    locale: "pt-BR",
    rows: "linhas",
    by: "por",
    of: "de",
    nothing: "(nulo)",
    others: "outros",
    noData: "nenhuma linha",
    sum: "soma de",
    avg: "média de",
    min: "mínimo de",
    max: "máximo de",
    sample: "amostra:",
    without: "sem",
    or: "ou",
    largest: "os maiores de",
    negative: "sem valores negativos:",
    more: "mais",
    steps: "em passos de",
    second: "segundo",
    hour: "hora",
    day: "dia",
    week: "semana",
    month: "mês",
    quarter: "trimestre",
    year: "ano",
  },
} as const satisfies Record<ChartLocale, Record<string, string>>;

export type Words = (typeof WORDS)[ChartLocale];

export function wordsOf(locale: ChartLocale): Words {
  return WORDS[locale];
}
