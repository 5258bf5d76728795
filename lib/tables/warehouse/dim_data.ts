import { boolean, date, integer, text } from "../../contract/column_spec.js";
import { defineCalendar } from "../../contract/dimension.js";

export const dim_data = defineCalendar("dim_data", {
  description: "Day, with Brazil's national holidays",
  key: "data_id",
  columns: {
    data_id: integer().notNull().describe("The day as YYYYMMDD; -1 is não informado"),
    data: date().describe("The day"),
    ano: integer().describe("Year"),
    trimestre: integer().describe("Quarter, 1 to 4"),
    mes: integer().describe("Month, 1 to 12"),
    nome_mes: text().describe("Name of the month"),
    dia: integer().describe("Day of the month"),
    dia_semana: integer().describe("Day of the week, 1 (Monday) to 7 (Sunday)"),
    nome_dia_semana: text().describe("Name of the day of the week"),
    ano_iso: integer().describe("Year of the ISO week"),
    semana_iso: integer().describe("ISO week, 1 to 53"),
    fim_de_semana: boolean().describe("Saturday or Sunday"),
    feriado: boolean().describe("National holiday"),
    nome_feriado: text().describe("Name of the national holiday"),
  },
});
