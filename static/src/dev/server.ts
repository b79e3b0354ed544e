/**
 * A stand-in for the whole server, for work on the chat page alone: `npm run build && npm run mock`, then
 * http://127.0.0.1:5180/. It speaks the REST API and the run socket, with the product's content security policy.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { WebSocketServer } from "ws";
import { routes, upload } from "./routes.ts";
import { runs, sse } from "./runs.ts";
import { type Json, me, models, seed } from "./store.ts";

const PORT = Number(process.env.PORT ?? 5180);
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types svelte-trusted-html pdf-worker";
const TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".woff": "font/woff",
  ".ttf": "font/ttf",
};

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
