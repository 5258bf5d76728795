/** Loads the class of every kind of column, each of which registers itself. */
import "./boolean_column.js";
import "./number_column.js";
import "./text_column.js";
import "./time_column.js";
