import { textWidth } from "../picture/text_width.js";

/** The pixels that plotly.js paints for the cells of a heat map. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha of each pixel, 0 to 255, row by row. */
  readonly data: Uint8ClampedArray;
}

/** A canvas's drawing context that keeps what is painted as rectangles of an SVG picture. */
export class CanvasRecorder {
  fillStyle = "#000";
  readonly #rects: string[] = [];

  fillRect(x: number, y: number, width: number, height: number): void {
    this.#rects.push(rect(x, y, width, height, this.fillStyle));
  }
  clearRect(): void {
    this.#rects.length = 0;
  }
  createImageData(width: number, height: number): Pixels {
    return { width, height, data: new Uint8ClampedArray(width * height * 4) };
  }
  /** Equal pixels side by side, and equal rows one below the other, become one rectangle. */
  putImageData(pixels: Pixels, left: number, top: number): void {
    let first = 0;
    for (let row = 1; row <= pixels.height; row++) {
      if (row < pixels.height && rowOf(pixels, row).equals(rowOf(pixels, first))) continue;
      this.#putRow(pixels, left, top, first, row - first);
      first = row;
    }
  }
  measureText(text: string): { readonly width: number } {
    return { width: textWidth(text, 12) };
  }

  /** The picture as an address that holds it. */
  toDataUrl(width: number, height: number): string {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" shape-rendering="crispEdges">${this.#rects.join("")}</svg>`;
    return `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  #putRow(pixels: Pixels, left: number, top: number, row: number, height: number): void {
    const words = rowOf(pixels, row);
    let first = 0;
    for (let x = 1; x <= pixels.width; x++) {
      if (x < pixels.width && words.readUInt32BE(x * 4) === words.readUInt32BE(first * 4)) continue;
      const [red, green, blue, alpha] = words.subarray(first * 4, first * 4 + 4);
      if (alpha) this.#rects.push(rect(left + first, top + row, x - first, height, `rgb(${red},${green},${blue})`));
      first = x;
    }
  }
}

function rowOf({ width, data }: Pixels, row: number): Buffer {
  return Buffer.from(data.buffer, data.byteOffset + row * width * 4, width * 4);
}

function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
}
