/** Runs of the stand-in server: their items, who watches, and how an answer is spoken piece by piece. */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { WebSocket } from "ws";
import { RICH } from "./content.ts";
import { chats, cites, type Json, steps } from "./store.ts";

const TOKENS_PER_SECOND = Number(process.env.RATE ?? 50);

export interface Run {
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

export const runs = new Map<string, Run>();

export const sse = (event: Json) =>
  `id: ${event.end}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;

function emit(run: Run, item: Json, length: number): void {
  const event = { run: run.id, seq: run.position, end: run.position + length, ...item };
  run.position += length;
  run.items.push(event);
  for (const stream of run.streams) stream.write(sse(event));
  for (const socket of run.watchers) socket.send(JSON.stringify({ type: "event", ...event }));
}

export function startRun(message: Json, text: string, kind = "reply"): Run {
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

export function finish(run: Run, state: string, text: string): void {
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

export const runView = (run: Run) => ({
  id: run.id,
  kind: run.kind,
  state: run.message.state,
  message_id: run.message.id,
  conversation_id: run.message.conversation_id,
  position: run.position,
  error: null,
});
