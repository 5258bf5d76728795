#!/usr/bin/env node
"use strict";

require("../bin/node-version.js");
require("../bin/launcher.js").start("bench");
