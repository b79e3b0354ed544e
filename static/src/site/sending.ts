import { readCookie } from "../shared/cookie";
import type { Found } from "./dropped";

/** Bytes of a part; what a broken line costs at most. */
export const PART = 4 * 1024 * 1024;
const TRIES = 4;
const PASSING = ["offset_conflict", "conflict"];

/** What is said of a file; without a language its scans are read in the collection's. */
export interface Said {
  tags: string[];
  language: string;
}

/** How far a file came. `problem` is the server's own sentence. */
export interface Sent {
  received: number;
  isDuplicate: boolean;
  isDone: boolean;
}

interface Answer {
  id: string;
  received: number;
  is_duplicate: boolean;
  document: unknown;
}

/** The server said no. `isFinal`: whatever the person does, this file ends the same way. */
export class RefusedError extends Error {
  constructor(
    words: string,
    readonly isFinal: boolean,
  ) {
    super(words);
  }
}

/** Of the file itself: nothing in it, too large, a kind that is not read, refused by the virus scanner. */
const FINAL = [400, 413, 415, 422];

/** Sends one file in parts from where the server has it; a repeated call goes on. */
export class Sending {
  private readonly stopped = new AbortController();

  constructor(
    private readonly address: string,
    private readonly found: Found,
    private readonly said: Said,
    private readonly told: (received: number) => void,
  ) {}

  /** Stops after this; `send` rejects with an AbortError. */
  stop(): void {
    this.stopped.abort();
  }

  /** Rejects with RefusedError, or with what broke after four tries. */
  async send(): Promise<Sent> {
    let answer = await this.again(() => this.begin());
    while (!answer.document && answer.received < this.found.file.size) {
      this.told(answer.received);
      const from = answer;
      answer = await this.again(() => this.part(from));
    }
    this.told(answer.received);
    return { received: answer.received, isDuplicate: answer.is_duplicate, isDone: Boolean(answer.document) };
  }

  private begin(): Promise<Answer> {
    const { file, folder } = this.found;
    const body = {
      client_key: this.found.key ?? keyStart(file) + digest(`${folder}/${file.name}`),
      name: file.name,
      size: file.size,
      folder,
      tags: this.said.tags,
      scan_language: this.said.language,
    };
    return this.ask(this.address, "POST", "application/json", JSON.stringify(body));
  }

  private async part(from: Answer): Promise<Answer> {
    const bytes = this.found.file.slice(from.received, from.received + PART);
    const address = `/api/v1/uploads/${from.id}?offset=${from.received}`;
    return this.ask(address, "PUT", "application/octet-stream", bytes);
  }

  private async ask(address: string, method: string, type: string, body: BodyInit): Promise<Answer> {
    const response = await fetch(address, {
      method,
      body,
      headers: { "Content-Type": type, "X-CSRFToken": readCookie("csrftoken"), Accept: "application/json" },
      signal: this.stopped.signal,
    });
    if (response.ok) return (await response.json()) as Answer;
    const problem = (await response.json().catch(() => ({}))) as {
      title?: string;
      detail?: string;
      code?: string;
    };
    const words = [problem.title, problem.detail].filter(Boolean).join(". ");
    const isPassing =
      response.status >= 500 || response.status === 429 || PASSING.includes(problem.code ?? "");
    if (isPassing) throw new Error(words);
    throw new RefusedError(words || "The server refused this file.", FINAL.includes(response.status));
  }

  private async again<T>(work: () => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof RefusedError || this.stopped.signal.aborted || tried === TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tried));
      }
    }
  }
}

/** How the key of a file begins, whatever folder it is chosen from: another size or time is another content. */
export function keyStart(file: File): string {
  return `${file.size}-${file.lastModified}-`;
}

/** 64 bits of a text in hex, FNV-1a twice: tells the files of one folder apart, whatever the length of their paths. */
function digest(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return [0x811c9dc5, 0x9e3779b9]
    .map((seed) => bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, seed))
    .map((hash) => hash.toString(16).padStart(8, "0"))
    .join("");
}
