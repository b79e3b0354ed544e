/** Fails when the chat's first load is over its budget: 90 KB of script, 20 KB of style, gzip. Run after the build. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

interface Chunk {
  file: string;
  css?: string[];
  imports?: string[];
}

const DIST = "static/dist/";
const BUDGET = { script: 90_000, style: 20_000 };
const manifest = JSON.parse(readFileSync(`${DIST}manifest.json`, "utf8")) as Record<string, Chunk>;
const scripts = new Set<string>();
const styles = new Set<string>();

function walk(name: string): void {
  const chunk = manifest[name];
  if (!chunk || scripts.has(chunk.file)) return;
  scripts.add(chunk.file);
  for (const file of chunk.css ?? []) styles.add(file);
  for (const next of chunk.imports ?? []) walk(next);
}

const weigh = (files: Set<string>) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(DIST + file), { level: 9 }).length, 0);

walk("static/src/chat/main.ts");
const script = weigh(scripts);
const style = weigh(styles);
process.stdout.write(
  `chat, first load: script ${script} of ${BUDGET.script} bytes, style ${style} of ${BUDGET.style} bytes\n`,
);
if (script > BUDGET.script || style > BUDGET.style) process.exit(1);
