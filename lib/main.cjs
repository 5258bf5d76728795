"use strict";

const { join } = require("node:path");
const { realpathSync } = require("node:fs");

module.exports = require(join(realpathSync(__dirname), "../bin/launcher.js")).load().tslake;
