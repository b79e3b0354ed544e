/**
 * A stand-in for the whole server, for work on the chat page alone: `npm run build && npm run mock`, then
 * http://127.0.0.1:5180/. It speaks the REST API and the run socket, with the product's content security policy.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import { ARABIC, QUOTE, RICH } from "./content.ts";

const PORT = Number(process.env.PORT ?? 5180);
const TOKENS_PER_SECOND = Number(process.env.RATE ?? 50);
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types svelte-trusted-html";
const TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".woff": "font/woff",
  ".ttf": "font/ttf",
};

type Json = Record<string, unknown>;
interface Run {
  id: string;
  kind: string;
  message: Json;
  items: Json[];
  position: number;
  offset: number;
  watchers: Set<WebSocket>;
  streams: Set<ServerResponse>;
  timer?: NodeJS.Timeout;
}

const models = [
  {
    slug: "mistral-large",
    name: "Mistral Large",
    purpose: "Best for analysis and long documents",
    vendor_label: "Mistral",
    badges: ["Tools"],
    context_window: 128000,
    is_default: true,
    available: true,
    reason: null,
  },
  {
    slug: "llama",
    name: "Llama 3.3 70B",
    purpose: "Runs in our data centre",
    vendor_label: "Own",
    badges: ["Private"],
    context_window: 32000,
    is_default: false,
    available: true,
    reason: null,
  },
  {
    slug: "small",
    name: "Small and fast",
    purpose: "Quick answers, lowest cost",
    vendor_label: "Own",
    badges: ["Private", "Vision"],
    context_window: null,
    is_default: false,
    available: true,
    reason: null,
  },
  {
    slug: "gpt",
    name: "A model with an extraordinarily long name that must not break the row",
    purpose: "Paused",
    vendor_label: "OpenAI",
    badges: [],
    context_window: null,
    is_default: false,
    available: false,
    reason: "Paused by your administrator until Monday",
  },
];
const me: Json = {
  id: "u1",
  name: "Amina Khan",
  email: "amina@acme.test",
  role: "admin",
  tenant: { slug: "acme", name: "Acme Corp" },
  teams: [
    { id: "t1", name: "Everyone", is_everyone: true },
    { id: "t2", name: "Legal", is_everyone: false },
  ],
  theme: "system",
  language: "en",
  unread_notifications: 0,
};
const bases = [
  { id: "kb1", name: "Handbook", description: "Rules and how-tos for everyone" },
  { id: "kb2", name: "Contracts and a rather long name of a collection", description: "" },
];
const chats = new Map<string, Json>();
const messages = new Map<string, Json[]>();
const runs = new Map<string, Run>();

const iso = (daysAgo = 0) => new Date(Date.now() - daysAgo * 86_400_000).toISOString();
const page = (results: unknown[]) => ({ results, next: null });

function addChat(title: string, daysAgo: number, extra: Json = {}): Json {
  const id = randomUUID();
  const chat = {
    id,
    title,
    team_id: "t1",
    model: null,
    created_at: iso(daysAgo),
    updated_at: iso(daysAgo),
    is_pinned: false,
    running: false,
    knowledge_bases: [],
    files: [],
    ...extra,
  };
  chats.set(id, chat);
  messages.set(id, []);
  return chat;
}

function addMessage(chat: string, role: string, parent: string | null, text: string, extra: Json = {}): Json {
  const message = {
    id: randomUUID(),
    client_id: null,
    conversation_id: chat,
    parent_id: parent,
    role,
    state: "done",
    parts: text ? [{ type: "text", text }] : [],
    annotations: [],
    steps: [],
    model: role === "assistant" ? { slug: "mistral-large", name: "Mistral Large" } : null,
    run_id: null,
    error: null,
    usage: null,
    created_at: iso(),
    ...extra,
  };
  messages.get(chat)?.push(message);
  return message;
}

const citation = (text: string, number: number, after: string, title: string, pageNumber: number | null) => {
  const at = text.indexOf(after);
  const start = [...text.slice(0, at)].length;
  return {
    type: "citation",
    number,
    start,
    end: start + [...after].length,
    chunk_id: `ch${number}`,
    document_id: `d${number}`,
    document_title: title,
    page: pageNumber,
    heading: ["Migration", "Order of waves"],
    quote: number === 1 ? QUOTE : "The source tenant stays read-only for fourteen days.",
    verified: number !== 3,
  };
};
const cites = [
  citation(RICH, 1, "so that faults in the tooling surface cheaply.", "Migration handbook.pdf", 12),
  citation(RICH, 2, "keep the source read-only for 14 days.", "Runbook: cut-over", null),
  citation(
    RICH,
    3,
    "Switch the host name",
    "A document with a very long name that goes on and on, version 14 final.docx",
    3,
  ),
];
const steps = [
  { index: 0, kind: "retrieval", label: "Searched Handbook", state: "done", data: { passages: 4 }, ms: 120 },
];

function seed(): void {
  const first = addChat("Tenant migration plan", 0, { is_pinned: true, knowledge_bases: [bases[0]] });
  const question = addMessage(first.id as string, "user", null, "How do we migrate the tenant?");
  addMessage(first.id as string, "assistant", question.id as string, "An earlier, shorter answer.");
  const answer = addMessage(first.id as string, "assistant", question.id as string, RICH, {
    annotations: cites,
    steps,
    usage: { input_tokens: 1423, output_tokens: 512 },
  });
  const second = addMessage(
    first.id as string,
    "user",
    answer.id as string,
    `And what if it fails?\n${"A long question that goes over many lines.\n".repeat(15)}`,
  );
  addMessage(first.id as string, "assistant", second.id as string, "", {
    state: "failed",
    error: { kind: "unavailable", title: "The model did not respond.", detail: "Your message is saved." },
  });
  const arabic = addChat("سؤال بالعربية", 0);
  const q = addMessage(arabic.id as string, "user", null, "اكتب إجابة قصيرة بالعربية من فضلك");
  addMessage(arabic.id as string, "assistant", q.id as string, ARABIC);
  const stopped = addChat("Q3 board summary", 1);
  const s = addMessage(stopped.id as string, "user", null, "Summarise Q3");
  addMessage(stopped.id as string, "assistant", s.id as string, "Revenue grew by", { state: "stopped" });
  for (const [index, title] of [
    "Explain SAML vs OIDC",
    "Draft onboarding email to all new colleagues in the Berlin office",
    "Postgres index tuning",
    "Vendor risk questionnaire",
    "Translate policy to French",
    "Release notes 4.2",
  ].entries()) {
    const chat = addChat(title, 2 + index * 6);
    const asked = addMessage(chat.id as string, "user", null, title);
    addMessage(chat.id as string, "assistant", asked.id as string, "Done.");
  }
}

const sse = (event: Json) => `id: ${event.end}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;

function emit(run: Run, item: Json, length: number): void {
  const event = { run: run.id, seq: run.position, end: run.position + length, ...item };
  run.position += length;
  run.items.push(event);
  for (const stream of run.streams) stream.write(sse(event));
  for (const socket of run.watchers) socket.send(JSON.stringify({ type: "event", ...event }));
}

function startRun(message: Json, text: string, kind = "reply"): Run {
  const run: Run = {
    id: randomUUID(),
    kind,
    message,
    items: [],
    position: 0,
    offset: 0,
    watchers: new Set(),
    streams: new Set(),
  };
  runs.set(run.id, run);
  message.run_id = run.id;
  message.state = "running";
  const points = [...text];
  if (kind === "reply") emit(run, { kind: "step", step: { ...steps[0], state: "running", data: {} } }, 1);
  let at = 0;
  const tick = () => {
    if (at === 0 && kind === "reply") emit(run, { kind: "step", step: steps[0] }, 1);
    const piece = points.slice(at, at + 4).join("");
    if (!piece) return finish(run, "done", text);
    emit(run, { kind: "text", offset: at, text: piece }, [...piece].length);
    at += 4;
    run.offset = at;
    run.timer = setTimeout(tick, 1000 / TOKENS_PER_SECOND);
  };
  run.timer = setTimeout(tick, kind === "reply" ? 700 : 50);
  return run;
}

function finish(run: Run, state: string, text: string): void {
  clearTimeout(run.timer);
  Object.assign(run.message, {
    state,
    parts: [{ type: "text", text }],
    steps,
    annotations: text === RICH && state === "done" ? cites : [],
    usage: { input_tokens: 812, output_tokens: 430 },
  });
  if (run.kind === "title") {
    const chat = chats.get(run.message.conversation_id as string);
    if (chat) chat.title = text;
    emit(run, { kind: "end", state, error: null, usage: null, data: { title: text } }, 1);
    return;
  }
  const chat = chats.get(run.message.conversation_id as string);
  const follow: Json[] = [];
  if (chat && !chat.title) {
    const title = startRun({ conversation_id: chat.id }, "Moving tenants in waves", "title");
    follow.push({ run: title.id, kind: "title" });
  }
  if (chat) chat.running = false;
  emit(run, { kind: "end", state, error: null, usage: null, data: { message: run.message, follow } }, 1);
}

const runView = (run: Run) => ({
  id: run.id,
  kind: run.kind,
  state: run.message.state,
  message_id: run.message.id,
  conversation_id: run.message.conversation_id,
  position: run.position,
  error: null,
});

function answerTo(text: string): string {
  if (/long/i.test(text))
    return Array.from({ length: 40 }, (_, index) => `### Part ${index + 1}\n\n${RICH}`).join("\n\n");
  if (/arab/i.test(text)) return ARABIC;
  return RICH;
}

interface Route {
  method: string;
  path: RegExp;
  run(found: RegExpExecArray, body: Json, url: URL): [number, unknown];
}

const problem = (status: number, title: string, detail: string): [number, unknown] => [
  status,
  { type: "about:blank", title, status, detail, code: "mock" },
];

const routes: Route[] = [
  { method: "GET", path: /^\/me$/, run: () => [200, me] },
  { method: "PATCH", path: /^\/me$/, run: (_, body) => [200, Object.assign(me, body)] },
  { method: "GET", path: /^\/models$/, run: () => [200, page(models)] },
  { method: "GET", path: /^\/knowledge-bases$/, run: () => [200, page(bases)] },
  {
    method: "GET",
    path: /^\/conversations$/,
    run: (_, __, url) => {
      const query = (url.searchParams.get("q") ?? "").toLowerCase();
      return [
        200,
        page(
          [...chats.values()]
            .filter((chat) => (chat.title as string).toLowerCase().includes(query))
            .sort((a, b) => String(b.updated_at).localeCompare(String(a.updated_at))),
        ),
      ];
    },
  },
  {
    method: "POST",
    path: /^\/conversations$/,
    run: (_, body) => [
      201,
      addChat("", 0, {
        model: body.model ?? null,
        knowledge_bases: bases.filter((base) =>
          ((body.knowledge_base_ids as string[]) ?? []).includes(base.id),
        ),
      }),
    ],
  },
  {
    method: "GET",
    path: /^\/conversations\/([^/]+)$/,
    run: (found) =>
      chats.has(found[1] ?? "") ? [200, chats.get(found[1] ?? "")] : problem(404, "Not found", ""),
  },
  {
    method: "PATCH",
    path: /^\/conversations\/([^/]+)$/,
    run: (found, body) => [200, Object.assign(chats.get(found[1] ?? "") ?? {}, body)],
  },
  {
    method: "DELETE",
    path: /^\/conversations\/([^/]+)$/,
    run: (found) => {
      chats.delete(found[1] ?? "");
      return [204, undefined];
    },
  },
  {
    method: "GET",
    path: /^\/conversations\/([^/]+)\/messages$/,
    run: (found) => [200, page(messages.get(found[1] ?? "") ?? [])],
  },
  {
    method: "POST",
    path: /^\/conversations\/([^/]+)\/messages$/,
    run: (found, body) => {
      const chat = found[1] ?? "";
      if (/refuse/.test(String(body.text)))
        return problem(
          429,
          "Monthly budget reached",
          "Your team has used its budget of $200. It resets on 1 December; ask Amina Khan to raise it.",
        );
      const parent = (body.parent_id as string) ?? null;
      const files = ((body.file_ids as string[]) ?? []).map((id) => ({
        type: "file",
        file: ((chats.get(chat)?.files as Json[]) ?? []).find((file) => file.id === id),
      }));
      const question = addMessage(chat, "user", parent, String(body.text), { client_id: body.client_id });
      (question.parts as Json[]).push(...files);
      const answer = addMessage(chat, "assistant", question.id as string, "", { state: "queued" });
      const row = chats.get(chat);
      if (row) Object.assign(row, { updated_at: iso(), running: true });
      const run = startRun(answer, answerTo(String(body.text)));
      return [202, { question, answer, run: runView(run) }];
    },
  },
  {
    method: "POST",
    path: /^\/messages\/([^/]+)\/regenerate$/,
    run: (found) => {
      const old = [...messages.values()].flat().find((message) => message.id === found[1]);
      if (!old) return problem(404, "Not found", "");
      const answer = addMessage(old.conversation_id as string, "assistant", old.parent_id as string, "", {
        state: "queued",
      });
      return [202, { answer, run: runView(startRun(answer, RICH)) }];
    },
  },
  {
    method: "POST",
    path: /^\/runs\/([^/]+)\/stop$/,
    run: (found) => {
      const run = runs.get(found[1] ?? "");
      if (!run) return problem(404, "Not found", "");
      const text = run.items.map((item) => (item.kind === "text" ? item.text : "")).join("");
      setTimeout(() => finish(run, "stopped", text), 60);
      return [202, runView(run)];
    },
  },
  { method: "DELETE", path: /^\/files\/([^/]+)$/, run: () => [204, undefined] },
  {
    method: "GET",
    path: /^\/chunks\/([^/]+)$/,
    run: () => [
      200,
      {
        id: "ch1",
        document: {
          id: "d1",
          title: "Migration handbook.pdf",
          media_type: "application/pdf",
          knowledge_base: { id: "kb1", name: "Handbook" },
        },
        page: 12,
        heading: ["Migration", "Order of waves"],
        before: "Before a tenant moves, its owner is told the date and the length of the read-only window.",
        text: `The order follows the number of documents. Tenants are moved in waves,\nsmallest first, so that tooling faults surface cheaply. Each wave has one owner who may stop it.`,
        after: "A wave that is stopped is rolled back within the hour.",
      },
    ],
  },
];

function body(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(Buffer.concat(chunks)));
  });
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, {
    "Content-Type": status >= 400 ? "application/problem+json" : "application/json",
    "Cache-Control": "no-store",
  });
  response.end(value === undefined ? "" : JSON.stringify(value));
}

function upload(chat: string, raw: Buffer): [number, unknown] {
  const name = /filename="([^"]+)"/.exec(raw.subarray(0, 2000).toString())?.[1] ?? "file";
  if (/bad/.test(name))
    return problem(415, "Unreadable", "This PDF is encrypted. Remove its password and upload it again.");
  const file: Json = {
    id: randomUUID(),
    name,
    size: raw.length,
    media_type: "application/pdf",
    document_id: "d1",
    state: "reading",
    error: null,
    pages: null,
  };
  (chats.get(chat)?.files as Json[] | undefined)?.push(file);
  setTimeout(() => Object.assign(file, { state: "ready", pages: 12 }), 2500);
  return [201, file];
}

function shell(): string {
  const manifest = JSON.parse(readFileSync("static/dist/manifest.json", "utf8")) as Record<
    string,
    { file: string; css?: string[]; imports?: string[] }
  >;
  const css = new Set<string>();
  const walk = (name: string) => {
    for (const file of manifest[name]?.css ?? []) css.add(file);
    for (const next of manifest[name]?.imports ?? []) walk(next);
  };
  walk("static/src/chat/main.ts");
  const boot = {
    me,
    models,
    csrf_header: "X-CSRFToken",
    limits: { max_upload_bytes: 20_000_000, max_text: 100_000 },
    urls: {},
  };
  const links = [...css].map((file) => `<link rel="stylesheet" href="/static/dist/${file}">`).join("");
  const direction = process.env.DIR_RTL ? "rtl" : "ltr";
  return `<!doctype html><html lang="en" dir="${direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"><title>New chat · Acme Corp</title><link rel="icon" href="/static/img/favicon.svg">${links}<script type="module" src="/static/dist/${manifest["static/src/chat/main.ts"]?.file}"></script></head><body><div id="app"></div><script type="application/json" id="boot">${JSON.stringify(boot).replaceAll("<", "\\u003c")}</script></body></html>`;
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://mock");
  const raw = await body(request);
  if (url.pathname.startsWith("/api/v1/")) {
    const path = url.pathname.slice(7);
    const events = /^\/runs\/([^/]+)\/events$/.exec(path);
    if (events) {
      const run = runs.get(events[1] ?? "");
      if (!run) return send(response, 404, {});
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(": hello\n\n");
      const after = Number(url.searchParams.get("after") ?? 0);
      for (const item of run.items) if ((item.end as number) > after) response.write(sse(item));
      run.streams.add(response);
      request.on("close", () => run.streams.delete(response));
      return;
    }
    const files = /^\/conversations\/([^/]+)\/files$/.exec(path);
    if (files) return send(response, ...upload(files[1] ?? "", raw));
    for (const route of routes) {
      const found = route.method === request.method ? route.path.exec(path) : null;
      if (found)
        return send(
          response,
          ...route.run(found, raw.length ? (JSON.parse(raw.toString()) as Json) : {}, url),
        );
    }
    return send(response, 404, { title: "Not found", status: 404, detail: "", code: "not_found" });
  }
  if (url.pathname === "/mock/drop") {
    for (const socket of sockets.clients) socket.terminate();
    return send(response, 200, {});
  }
  if (url.pathname.startsWith("/static/")) {
    try {
      const file = readFileSync(join(process.cwd(), url.pathname));
      response.writeHead(200, { "Content-Type": TYPES[extname(url.pathname)] ?? "application/octet-stream" });
      response.end(file);
    } catch {
      response.writeHead(404).end();
    }
    return;
  }
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": CSP });
  response.end(shell());
}

seed();
const server = createServer((request, response) => void handle(request, response));
const sockets = new WebSocketServer({ server, path: "/ws/runs" });
sockets.on("connection", (socket) => {
  if (process.env.NO_WS) return socket.terminate();
  const ping = setInterval(() => socket.send(JSON.stringify({ type: "ping" })), 10_000);
  socket.on("close", () => {
    clearInterval(ping);
    for (const run of runs.values()) run.watchers.delete(socket);
  });
  socket.on("message", (data) => {
    const asked = JSON.parse(data.toString()) as { type: string; run: string; after?: number };
    const run = runs.get(asked.run);
    if (!run) return socket.send(JSON.stringify({ type: "gone", run: asked.run }));
    if (asked.type === "unfollow") return run.watchers.delete(socket);
    for (const item of run.items)
      if ((item.end as number) > (asked.after ?? 0)) socket.send(JSON.stringify({ type: "event", ...item }));
    run.watchers.add(socket);
  });
});
server.listen(PORT, "127.0.0.1", () => process.stderr.write(`http://127.0.0.1:${PORT}/\n`));
