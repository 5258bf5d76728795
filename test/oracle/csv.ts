/** One record of a CSV text: its fields without their quotes, and the line on which it begins (the first line is 1). */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly line: number;
  /** As it stands in the text, without its line break. */
  readonly raw: string;
  /** False only for a last record that no line break follows. */
  readonly terminated: boolean;
}

/** The records of a CSV text; `openQuote` is the line of a quoted field that never ends. Blank lines are no records. */
export interface CsvText {
  readonly records: readonly CsvRecord[];
  readonly openQuote: number | undefined;
}

/** RFC 4180 read character by character: comma, double quote, `""` inside quotes, lines ended by LF or CRLF. */
export function parseCsv(text: string): CsvText {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let field = "";
  let line = 1;
  let start = 1;
  let quotedSince: number | undefined;
  let blank = true;

  let from = 0;
  const endRecord = (end: number, terminated: boolean): void => {
    const raw = text.slice(from, end).replace(/\r$/, "");
    if (!blank) records.push({ fields: [...fields, field], line: start, raw, terminated });
    from = end + 1;
    fields = [];
    field = "";
    blank = true;
  };

  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\n") line++;
    if (quotedSince !== undefined) {
      if (char !== '"') field += char;
      else if (text.charAt(at + 1) === '"') field += text.charAt(at++);
      else quotedSince = undefined;
    } else if (char === "\n") {
      endRecord(at, true);
      start = line;
    } else if (char === "\r" && text.charAt(at + 1) === "\n") {
      // The line feed that follows ends the record.
    } else {
      blank = false;
      if (char === ",") {
        fields.push(field);
        field = "";
      } else if (char === '"') quotedSince = line;
      else field += char;
    }
  }
  if (quotedSince === undefined) endRecord(text.length, false);
  return { records, openQuote: quotedSince };
}
