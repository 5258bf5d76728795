/**
 * How wide a text is, in pixels, without a browser: by the advance widths of Helvetica, to which the metrics of Arial and
 * Liberation Sans are equal and those of other sans-serif fonts close. Too wide rather than too narrow.
 */
export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const character of text) width += advance(character);
  return width * size;
}

/** A text that is at most so wide, cut with an ellipsis where need be. */
export function fitText(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  let fitting = "";
  for (const character of text) {
    if (textWidth(`${fitting}${character}…`, size) > width) break;
    fitting += character;
  }
  return `${fitting.trimEnd()}…`;
}

/** In shares of the font's size. */
function advance(character: string): number {
  const known = ADVANCES.get(character);
  if (known !== undefined) return known;
  if (/\p{Mark}|\p{Cf}/u.test(character)) return 0;
  if (/\p{Script=Latin}|\p{Script=Greek}|\p{Script=Cyrillic}/u.test(character)) {
    const base = ADVANCES.get(character.normalize("NFD").charAt(0));
    return base ?? (character === character.toLowerCase() ? 0.56 : 0.72);
  }
  return (character.codePointAt(0) ?? 0 > 0x2e7f) ? 1 : 0.6;
}

const ADVANCES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    "'": 0.2,
    ijl: 0.23,
    "|": 0.26,
    " fIt!,./:;[]\\": 0.28,
    'r()-`{}"': 0.34,
    "*^": 0.42,
    cksvxyzJ: 0.5,
    "abdeghnopquL0123456789?_$#": 0.56,
    "+<=>~": 0.59,
    FTZ: 0.61,
    "ABEKPSVXY&": 0.67,
    CDHNRUw: 0.73,
    GOQ: 0.78,
    mM: 0.84,
    "%": 0.89,
    W: 0.95,
    "@": 1.02,
    "…—": 1,
    "–·": 0.56,
  }).flatMap(([characters, width]) => [...characters].map((character): [string, number] => [character, width])),
);
