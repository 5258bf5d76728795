/**
 * The fields of one record, which has no line end of its own. A quoted field without content is the empty text, an
 * unquoted one null; for bronze both are null. Agrees with `CsvScanner` on where fields begin and end.
 */
export function splitRecord(text: string): (string | null)[] {
  const fields: (string | null)[] = [];
  for (let at = 0; ; ) {
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1);
      const comma = text.indexOf(",", end);
      fields.push(text.slice(at + 1, end).replaceAll('""', '"') + text.slice(end + 1, comma < 0 ? undefined : comma));
      at = comma;
    } else {
      const comma = text.indexOf(",", at);
      const field = text.slice(at, comma < 0 ? undefined : comma);
      fields.push(field === "" ? null : field);
      at = comma;
    }
    if (at < 0) return fields;
    at++;
  }
}

/** A record as `splitRecord` reads it back, without line end. */
export function joinFields(fields: readonly (string | null)[]): string {
  return fields.map(quoted).join(",");
}

function quoted(field: string | null): string {
  if (field === null) return "";
  return field === "" || /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return text.length;
}
