/** The REST API of the stand-in server. */
import { randomUUID } from "node:crypto";
import { ARABIC, RICH } from "./content.ts";
import { finish, runs, runView, startRun } from "./runs.ts";
import { addChat, addMessage, bases, chats, iso, type Json, me, messages, models, page } from "./store.ts";

function answerTo(text: string): string {
  if (/long/i.test(text))
    return Array.from({ length: 40 }, (_, index) => `### Part ${index + 1}\n\n${RICH}`).join("\n\n");
  if (/arab/i.test(text)) return ARABIC;
  return RICH;
}

export interface Route {
  method: string;
  path: RegExp;
  run(found: RegExpExecArray, body: Json, url: URL): [number, unknown];
}

const problem = (status: number, title: string, detail: string): [number, unknown] => [
  status,
  { type: "about:blank", title, status, detail, code: "mock" },
];

export const routes: Route[] = [
  { method: "GET", path: /^\/me$/, run: () => [200, me] },
  { method: "PATCH", path: /^\/me$/, run: (_, body) => [200, Object.assign(me, body)] },
  { method: "GET", path: /^\/models$/, run: () => [200, page(models)] },
  {
    method: "PUT",
    path: /^\/me\/default-model$/,
    run: (_, body) => {
      for (const model of models) model.is_own_default = model.slug === body.model;
      return [204, undefined];
    },
  },
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
          data_class: "internal",
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

export function upload(chat: string, raw: Buffer): [number, unknown] {
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
