// Run an update and a query in Comunica over a Turtle file: node stores.mjs FILE UPDATE QUERY COLUMN...
import { QueryEngine } from "@comunica/query-sparql";
import N3 from "n3";
import { readFileSync } from "node:fs";

const [file, update, query, ...columns] = process.argv.slice(2);
const store = new N3.Store(new N3.Parser().parse(readFileSync(file, "utf8")));
const engine = new QueryEngine();
await engine.queryVoid(readFileSync(update, "utf8"), { sources: [store], destination: store });
const answer = await engine.queryBindings(readFileSync(query, "utf8"), { sources: [store] });
for (const row of await answer.toArray()) console.log(columns.map((one) => row.get(one)?.value ?? "").join("\t"));
