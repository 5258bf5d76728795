import { createInterface } from "node:readline";
import { drawFigure, prepareDrawing } from "../chart/draw_figure.js";
import type { DrawingAnswer, DrawingRequest } from "./drawing.js";

/** The program of the drawing process: answers each figure on standard input with its picture, until the input ends. */
export function drawFigures(): void {
  const answer = (line: DrawingAnswer): void => {
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  prepareDrawing();
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const { id, figure } = JSON.parse(line) as DrawingRequest;
      drawFigure(figure).then(
        (svg) => answer({ id, svg }),
        () => answer({ id, svg: undefined }),
      );
    })
    .on("close", () => process.exit());
}
