import type { LanguageFn } from "highlight.js";

type Loader = () => Promise<{ default: LanguageFn }>;

const LANGUAGES: Record<string, Loader> = {
  bash: () => import("highlight.js/lib/languages/bash"),
  c: () => import("highlight.js/lib/languages/c"),
  cpp: () => import("highlight.js/lib/languages/cpp"),
  csharp: () => import("highlight.js/lib/languages/csharp"),
  css: () => import("highlight.js/lib/languages/css"),
  diff: () => import("highlight.js/lib/languages/diff"),
  dockerfile: () => import("highlight.js/lib/languages/dockerfile"),
  go: () => import("highlight.js/lib/languages/go"),
  ini: () => import("highlight.js/lib/languages/ini"),
  java: () => import("highlight.js/lib/languages/java"),
  javascript: () => import("highlight.js/lib/languages/javascript"),
  json: () => import("highlight.js/lib/languages/json"),
  kotlin: () => import("highlight.js/lib/languages/kotlin"),
  markdown: () => import("highlight.js/lib/languages/markdown"),
  php: () => import("highlight.js/lib/languages/php"),
  powershell: () => import("highlight.js/lib/languages/powershell"),
  python: () => import("highlight.js/lib/languages/python"),
  r: () => import("highlight.js/lib/languages/r"),
  ruby: () => import("highlight.js/lib/languages/ruby"),
  rust: () => import("highlight.js/lib/languages/rust"),
  scala: () => import("highlight.js/lib/languages/scala"),
  sql: () => import("highlight.js/lib/languages/sql"),
  swift: () => import("highlight.js/lib/languages/swift"),
  typescript: () => import("highlight.js/lib/languages/typescript"),
  xml: () => import("highlight.js/lib/languages/xml"),
  yaml: () => import("highlight.js/lib/languages/yaml"),
};

const ALIASES: Record<string, string> = {
  cs: "csharp",
  "c++": "cpp",
  html: "xml",
  js: "javascript",
  jsx: "javascript",
  kt: "kotlin",
  md: "markdown",
  ps1: "powershell",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  shell: "bash",
  svg: "xml",
  toml: "ini",
  ts: "typescript",
  tsx: "typescript",
  yml: "yaml",
  zsh: "bash",
};

/** A piece of highlighted code; nested classes are flattened to the innermost. */
export interface Span {
  text: string;
  className: string;
}

interface Node {
  type: string;
  value?: string;
  properties?: { className?: string[] };
  children?: Node[];
}

const LONGEST = 60_000;
const highlighter = import.meta.env.SSR
  ? null
  : lazy(async () => (await import("lowlight")).createLowlight());

/** Highlighted spans, or null for a language that is unknown or code that is too long. Loads on first need. */
export async function highlight(code: string, language: string): Promise<Span[] | null> {
  const name = ALIASES[language] ?? language;
  const load = LANGUAGES[name];
  if (!load || !highlighter || code.length > LONGEST) return null;
  const [lowlight, grammar] = await Promise.all([highlighter(), load()]);
  if (!lowlight.registered(name)) lowlight.register(name, grammar.default);
  const spans: Span[] = [];
  flatten(lowlight.highlight(name, code) as Node, "", spans);
  return spans;
}

function flatten(node: Node, className: string, into: Span[]): void {
  if (node.type === "text") into.push({ text: node.value ?? "", className });
  const own = node.properties?.className?.join(" ") ?? className;
  for (const child of node.children ?? []) flatten(child, own, into);
}

function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
