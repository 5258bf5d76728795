#!/usr/bin/env node
"use strict";

require("./node-version.js");
require("./launcher.js").start("report");
