import { DeltaError } from "../errors.js";

/**
 * Bytes as the log writes them into texts: Base85 in the variant of ZeroMQ (RFC 32/Z85), five characters for four bytes.
 * Throws DeltaError for anything else.
 */
export function decodeBase85(text: string): Uint8Array {
  if (text.length % 5 !== 0) throw notBase85(text);
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i += 5) {
    let word = 0;
    for (let j = i; j < i + 5; j++) {
      const digit = DIGITS.get(text[j] ?? "");
      if (digit === undefined) throw notBase85(text);
      word = word * 85 + digit;
    }
    if (word > 0xffffffff) throw notBase85(text);
    view.setUint32((i / 5) * 4, word);
  }
  return bytes;
}

/** The text of bytes, whose number is a multiple of four. */
export function encodeBase85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 4) {
    let word = view.getUint32(i);
    let digits = "";
    for (let j = 0; j < 5; j++) {
      digits = `${ALPHABET[word % 85]}${digits}`;
      word = Math.floor(word / 85);
    }
    text += digits;
  }
  return text;
}

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const DIGITS = new Map([...ALPHABET].map((char, value) => [char, value]));

function notBase85(text: string): DeltaError {
  return new DeltaError("The log holds a text that should be Base85 and is not", { actual: text.slice(0, 80) });
}
