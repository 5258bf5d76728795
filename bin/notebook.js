/** The program of a notebook's process, started by the runner: see lib/notebook/process.ts. */
"use strict";

require("./launcher.js").load()["notebook process"].runCells();
