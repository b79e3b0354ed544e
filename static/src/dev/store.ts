/** What the stand-in server knows: people, models, chats and their messages. */
import { randomUUID } from "node:crypto";
import { ARABIC, QUOTE, RICH } from "./content.ts";

export type Json = Record<string, unknown>;

export const models = [
  {
    slug: "mistral-large",
    name: "Mistral Large",
    purpose: "Best for analysis and long documents",
    vendor_label: "Mistral",
    badges: ["Tools"],
    context_window: 128000,
    cost: "medium",
    price: "2 / 6 USD",
    is_default: true,
    is_own_default: false,
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
    cost: "low",
    price: "0.2 / 0.6 USD",
    is_default: false,
    is_own_default: false,
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
    cost: "free",
    price: "Free",
    is_default: false,
    is_own_default: false,
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
    cost: "unknown",
    price: "Unknown",
    is_default: false,
    is_own_default: false,
    available: false,
    reason: "Paused by your administrator until Monday",
  },
];
export const me: Json = {
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
  send_key: "enter",
  follows_answers: true,
  reads_answers: "complete",
  language: "en",
  unread_notifications: 0,
};
export const bases = [
  { id: "kb1", name: "Handbook", description: "Rules and how-tos for everyone" },
  { id: "kb2", name: "Contracts and a rather long name of a collection", description: "" },
];
export const chats = new Map<string, Json>();
export const messages = new Map<string, Json[]>();

export const iso = (daysAgo = 0) => new Date(Date.now() - daysAgo * 86_400_000).toISOString();
export const page = (results: unknown[]) => ({ results, next: null });

export function addChat(title: string, daysAgo: number, extra: Json = {}): Json {
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

export function addMessage(
  chat: string,
  role: string,
  parent: string | null,
  text: string,
  extra: Json = {},
): Json {
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
export const cites = [
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
export const steps = [
  { index: 0, kind: "retrieval", label: "Searched Handbook", state: "done", data: { passages: 4 }, ms: 120 },
];

export function seed(): void {
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
