/** The program of the process that draws charts, started by the runner: see lib/notebook/drawing_process.ts. */
"use strict";

require("./launcher.js").load()["drawing process"].drawFigures();
