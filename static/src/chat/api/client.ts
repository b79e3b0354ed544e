import { readCookie } from "../../shared/cookie";
import { ApiError, problemFrom } from "./problem";
import type {
  Chat,
  ChatDetail,
  ChunkView,
  Classed,
  DataClass,
  Facets,
  FileOutput,
  KnowledgeBase,
  Me,
  Message,
  Model,
  OwnBudget,
  Page,
  Rating,
  Run,
  SendInput,
  SendOutput,
} from "./types";
import type { Way } from "./way";

const BASE = "/api/v1";
/** Characters of a body up to which a write outlives its page; a browser keeps 64 KiB of all of them. */
const OUTLIVES = 8192;

interface Call {
  json?: unknown;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** The REST API as functions. Each rejects with ApiError; `onSignedOut` hears every 401. */
export class Api {
  private readonly csrfHeader: string;
  private readonly onSignedOut: () => void;

  constructor(csrfHeader: string, onSignedOut: () => void) {
    this.csrfHeader = csrfHeader;
    this.onSignedOut = onSignedOut;
  }

  me = () => this.call<Me>("GET", "/me");
  saveMe = (change: Partial<Pick<Me, "theme" | "name" | "language">>) =>
    this.call<Me>("PATCH", "/me", { json: change });
  saveDefaultModel = (team: string, model: string | null) =>
    this.call<void>("PUT", "/me/default-model", { json: { team_id: team, model } });
  budgets = (team: string, model: string, signal: AbortSignal) =>
    this.call<{ results: OwnBudget[] }>("GET", `/me/budgets?${new URLSearchParams({ team, model })}`, {
      signal,
    });
  models = (team: string) => this.call<Page<Model>>("GET", `/models?team=${encodeURIComponent(team)}`);

  chats(
    options: {
      cursor?: string | null;
      query?: string;
      since?: string;
      limit?: number;
      signal?: AbortSignal;
    } = {},
  ) {
    const search = new URLSearchParams({ limit: String(options.limit ?? 50) });
    if (options.cursor) search.set("cursor", options.cursor);
    if (options.query) search.set("q", options.query);
    if (options.since) search.set("since", options.since);
    return this.call<Page<Chat>>(
      "GET",
      `/conversations?${search}`,
      options.signal ? { signal: options.signal } : {},
    );
  }
  createChat = (input: object, idempotencyKey: string) =>
    this.call<ChatDetail>("POST", "/conversations", { json: input, idempotencyKey });
  chat = (id: string, signal: AbortSignal) =>
    this.call<ChatDetail>("GET", `/conversations/${id}`, { signal });
  changeChat = (id: string, change: object) =>
    this.call<ChatDetail>("PATCH", `/conversations/${id}`, { json: change });
  chatClass = (id: string) => this.call<Classed>("GET", `/conversations/${id}/data-class`);
  setChatClass = (id: string, input: { data_class: DataClass; reason: string }) =>
    this.call<Classed>("PUT", `/conversations/${id}/data-class`, { json: input });
  setDocumentClass = (id: string, dataClass: DataClass) =>
    this.call<void>("PUT", `/documents/${id}/data-class`, { json: { data_class: dataClass } });
  deleteChat = (id: string) => this.call<void>("DELETE", `/conversations/${id}`);
  restoreChat = (id: string) => this.call<ChatDetail>("POST", `/conversations/${id}/restore`, { json: {} });

  /** The whole tree, oldest first, all pages. */
  async messages(id: string, signal: AbortSignal): Promise<Message[]> {
    const all: Message[] = [];
    let cursor: string | null = null;
    do {
      const tail: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const page: Page<Message> = await this.call("GET", `/conversations/${id}/messages?limit=200${tail}`, {
        signal,
      });
      all.push(...page.results);
      cursor = page.next;
    } while (cursor);
    return all;
  }
  send = (chat: string, input: SendInput) =>
    this.retried<SendOutput>("POST", `/conversations/${chat}/messages`, { json: input });
  regenerate = (message: string, input: Way & { client_id: string; model?: string }) =>
    this.retried<{ answer: Message; run: Run }>("POST", `/messages/${message}/regenerate`, { json: input });
  branch = (message: string, idempotencyKey: string) =>
    this.call<ChatDetail>("POST", `/messages/${message}/branch`, { json: {}, idempotencyKey });
  discard = (message: string) => this.call<void>("DELETE", `/messages/${message}`);
  rate = (message: string, rating: Rating | null) =>
    rating
      ? this.call<Rating>("PUT", `/messages/${message}/rating`, { json: rating })
      : this.call<void>("DELETE", `/messages/${message}/rating`);
  judgePassage = (message: string, input: { chunk_id: string; kind: string; comment: string }) =>
    this.call<void>("POST", `/messages/${message}/passage-feedback`, { json: input });
  stop = (run: string) => this.retried<Run>("POST", `/runs/${run}/stop`, { json: {} });

  knowledgeBases = () => this.call<Page<KnowledgeBase>>("GET", "/knowledge-bases");
  facets = (bases: string[]) =>
    this.call<Facets>(
      "GET",
      `/knowledge-bases/facets?${bases.map((id) => `knowledge_base_id=${id}`).join("&")}`,
    );
  document = (id: string) =>
    this.call<{ state: string; error?: { kind: string; detail: string } | null; pages?: number | null }>(
      "GET",
      `/documents/${id}`,
    );
  chunk = (id: string, signal: AbortSignal) => this.call<ChunkView>("GET", `/chunks/${id}`, { signal });
  why = (documentId: string) => this.call<{ reasons: string[] }>("GET", `/documents/${documentId}/why`);
  removeFile = (id: string) => this.call<void>("DELETE", `/files/${id}`);

  /** Uploads by XMLHttpRequest, since fetch tells no progress. `onProgress` gets 0 to 1. */
  upload(
    chat: string,
    file: File,
    dataClass: DataClass | null,
    idempotencyKey: string,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<FileOutput> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${BASE}/conversations/${chat}/files`);
      request.setRequestHeader(this.csrfHeader, readCookie("csrftoken"));
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("Idempotency-Key", idempotencyKey);
      request.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
      request.onload = () => {
        if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText));
        else
          reject(
            this.failure(request.status, request.responseText, request.getResponseHeader("Retry-After")),
          );
      };
      request.onerror = () => reject(new ApiError(0, {}));
      request.onabort = () => reject(new DOMException("aborted", "AbortError"));
      signal.addEventListener("abort", () => request.abort());
      const form = new FormData();
      form.append("file", file, file.name);
      if (dataClass) form.append("data_class", dataClass);
      request.send(form);
    });
  }

  /** A small write is finished by the browser when the person leaves the page before the answer. */
  private async call<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET") headers[this.csrfHeader] = readCookie("csrftoken");
    if (call.json !== undefined) headers["Content-Type"] = "application/json";
    if (call.idempotencyKey) headers["Idempotency-Key"] = call.idempotencyKey;
    const init: RequestInit = { method, headers, credentials: "same-origin" };
    if (call.json !== undefined) init.body = JSON.stringify(call.json);
    if (method !== "GET") init.keepalive = String(init.body ?? "").length <= OUTLIVES;
    if (call.signal) init.signal = call.signal;
    let response: Response;
    try {
      response = await fetch(BASE + path, init);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError(0, {});
    }
    const body = await response.text();
    if (!response.ok) throw this.failure(response.status, body, response.headers.get("Retry-After"));
    return (body ? JSON.parse(body) : undefined) as T;
  }

  /** Writes that carry their own identity are sent again when nobody answered. */
  private async retried<T>(method: string, path: string, call: Call): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.call<T>(method, path, call);
      } catch (error) {
        if (!(error instanceof ApiError) || !error.isTransient || attempt >= 3 || !navigator.onLine)
          throw error;
        await new Promise((resume) => setTimeout(resume, 500 * 2 ** attempt));
      }
    }
  }

  private failure(status: number, body: string, retryAfter: string | null): ApiError {
    if (status === 401) this.onSignedOut();
    return problemFrom(status, body, retryAfter);
  }
}
