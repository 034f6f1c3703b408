// Lints Cypher offline. In (stdin): {"schema": DbSchema, "queries": [{"name", "text", "parameters"}]}.
// Out (stdout): a list of {"name", "line", "column", "severity", "message"}, empty when all is well.
"use strict";

const { lintCypherQuery } = require("@neo4j-cypher/language-support");

const SEVERITY = { 1: "error", 2: "warning", 3: "information", 4: "hint" };

function lint({ schema, queries }) {
  const found = [];
  for (const { name, text, parameters } of queries) {
    for (const d of lintCypherQuery(text, { ...schema, parameters }).diagnostics) {
      const { line, character } = d.range.start;
      found.push({ name, line: line + 1, column: character + 1, severity: SEVERITY[d.severity], message: d.message });
    }
  }
  return found;
}

let input = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (part) => (input += part));
process.stdin.on("end", () => process.stdout.write(JSON.stringify(lint(JSON.parse(input)), null, 1) + "\n"));
