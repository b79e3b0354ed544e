import type { Api } from "../api/client";
import { ApiError } from "../api/problem";
import type {
  ChatDetail,
  Classed,
  DataClass,
  KnowledgeBaseRef,
  Message,
  Narrowing,
  Run,
  SendInput,
} from "../api/types";
import type { Way } from "../api/way";
import { uuid } from "../lib/uuid";
import type { EndData } from "../runs/events";
import type { RunFeed } from "../runs/feed";
import type { Track } from "../runs/track";
import { localMessage, type Outgoing } from "./local";
import { countOf } from "./narrowing";
import { type Choices, childrenOf, pathThrough } from "./tree";
import { Turn } from "./turn.svelte";

export interface Outside {
  api: Api;
  feed: RunFeed;
  /** A chat came to be, or its row changed. */
  onChat(chat: ChatDetail): void;
  /** A chat was read: its team says which models it may use. */
  onTeam(team: string): void;
  /** An answer began or ended, on screen or not. */
  onRun(chat: string, state: "started" | "ended", end: EndData | null): void;
  /** An answer has grown. */
  onText(chat: string, text: string): void;
  model(): string | undefined;
  team(): string | undefined;
}

/** An answer by the documents and one without them, to the same question. */
export interface Pair {
  found: Turn;
  bare: Turn;
}

type State = "new" | "loading" | "ready" | "missing" | "failed";

/** One chat on screen: its tree of turns, the branch that is shown, and what may be done with it. */
export class Conversation {
  id = $state<string | null>(null);
  detail = $state.raw<ChatDetail | null>(null);
  state = $state<State>("new");
  fault = $state.raw<ApiError | null>(null);
  turns = $state.raw<Turn[]>([]);
  choices = $state.raw<Choices>(new Map());
  bases = $state.raw<KnowledgeBaseRef[]>([]);
  pair = $state.raw<Pair | null>(null);
  narrowing = $state.raw<Narrowing>({});
  classed = $state.raw<Classed | null>(null);
  /** The message that shall be brought into view, by the address or a search. */
  sought = $state<string | null>(null);

  private readonly children = $derived(childrenOf(this.turns.map(nodeOf)));
  readonly path = $derived(pathThrough(this.children, this.choices).map((node) => node.turn));
  readonly last = $derived(this.path[this.path.length - 1]);
  readonly isRunning = $derived(this.last?.message.role === "assistant" && this.last.isPending);

  private readonly outside: Outside;
  private readonly leaving = new AbortController();
  private creating: Promise<string> | null = null;

  constructor(outside: Outside, id: string | null, sought: string | null = null) {
    this.outside = outside;
    this.id = id;
    this.sought = sought;
    if (id) void this.load();
  }

  /** Reads the chat and its messages and joins what is being written. Called again to catch up. */
  async load(): Promise<void> {
    const id = this.id;
    if (!id) return;
    if (this.state !== "ready") this.state = "loading";
    try {
      const { signal } = this.leaving;
      const [detail, messages] = await Promise.all([
        this.outside.api.chat(id, signal),
        this.outside.api.messages(id, signal),
      ]);
      this.detail = detail;
      this.bases = detail.knowledge_bases;
      this.narrowing = detail.narrowing;
      this.outside.onTeam(detail.team_id);
      void this.readClass();
      this.adopt(messages);
      if (!this.choices.size && detail.current_message_id) this.chooseUpTo(detail.current_message_id);
      if (this.sought) this.chooseUpTo(this.sought);
      this.state = "ready";
      this.fault = null;
    } catch (error) {
      if (!(error instanceof ApiError)) return;
      this.fault = error;
      if (error.status === 404) this.vanish();
      else if (this.state === "loading") this.state = "failed";
    }
  }

  /** It was deleted, here or elsewhere: nothing of it stays on screen. */
  private vanish(): void {
    this.state = "missing";
    this.turns = [];
  }

  /** This chat leaves the screen; its runs go on. */
  leave(): void {
    this.leaving.abort();
  }

  /** Brings a message into view, on the branch in which it stands. */
  seek(message: string): void {
    this.chooseUpTo(message);
    this.sought = message;
  }

  siblings(turn: Turn): Turn[] {
    const parent = this.turns.some((one) => one.id === turn.message.parent_id)
      ? turn.message.parent_id
      : null;
    return (this.children.get(parent) ?? []).map((node) => node.turn);
  }

  choose(turn: Turn): void {
    this.choices = new Map(this.choices).set(turn.message.parent_id, turn.id);
  }

  /** The chat's id; the chat is made on the server when something first needs it. */
  ensure(): Promise<string> {
    if (this.id) return Promise.resolve(this.id);
    this.creating ??= this.create().finally(() => {
      this.creating = null;
    });
    return this.creating;
  }

  /** Sends a message under `parent` (by default the last one on screen). Rejects with nothing left behind. */
  async send(out: Outgoing, parent: string | null = this.last?.id ?? null): Promise<void> {
    const question = new Turn(localMessage("user", out, parent), `q:${out.clientId}`);
    const answer = new Turn(localMessage("assistant", out, question.id), `a:${out.clientId}`);
    question.isLocal = answer.isLocal = true;
    this.turns = [...this.turns, question, answer];
    this.choose(question);
    try {
      const id = await this.ensure();
      const sent = await this.outside.api.send(id, this.input(out, parent));
      this.place(question, sent.question);
      this.place(answer, sent.answer);
      this.choose(question);
      this.join(answer, sent.run.id);
    } catch (error) {
      this.turns = this.turns.filter((turn) => turn !== question && turn !== answer);
      const choices = new Map(this.choices);
      choices.delete(parent);
      this.choices = choices;
      throw error;
    }
  }

  /** Writes another answer beside this one. */
  async regenerate(turn: Turn, model?: string, way: Way = {}): Promise<Turn> {
    const clientId = uuid();
    const local = new Turn(
      localMessage("assistant", { text: "", clientId, files: [] }, turn.message.parent_id),
    );
    local.isLocal = true;
    this.turns = [...this.turns, local];
    this.choose(local);
    try {
      const input = { client_id: clientId, ...way, ...(model ? { model } : {}) };
      const made = await this.outside.api.regenerate(turn.id, input);
      this.place(local, made.answer);
      this.choose(local);
      this.join(local, made.run.id);
      return local;
    } catch (error) {
      this.turns = this.turns.filter((one) => one !== local);
      this.choose(turn);
      throw error;
    }
  }

  /** Shows the answer beside one with, or without, what the documents say; asks for that one if it is not there. */
  async compare(turn: Turn): Promise<void> {
    const isBare = turn.isWithoutKnowledge;
    const known = this.siblings(turn).find((one) => one !== turn && one.isWithoutKnowledge !== isBare);
    const other = known ?? (await this.regenerate(turn, undefined, { knowledge: isBare }));
    this.pair = isBare ? { found: other, bare: turn } : { found: turn, bare: other };
  }

  /** The comparison that an answer on screen is part of. */
  pairOf(turn: Turn): Pair | null {
    return this.pair && (this.pair.found === turn || this.pair.bare === turn) ? this.pair : null;
  }

  /** Takes away an answer beside which another stands. */
  async discard(turn: Turn): Promise<void> {
    await this.outside.api.discard(turn.id);
    const other = this.siblings(turn).find((one) => one !== turn);
    if (other) this.choose(this.pair ? (this.pair.found === turn ? this.pair.bare : this.pair.found) : other);
    this.pair = null;
    this.turns = this.turns.filter((one) => one !== turn);
  }

  async stop(): Promise<void> {
    const run = this.last?.message.run_id;
    if (this.isRunning && run) await this.outside.api.stop(run);
  }

  async setBases(bases: KnowledgeBaseRef[]): Promise<void> {
    const before = this.bases;
    this.bases = bases;
    if (!this.id) return;
    try {
      await this.outside.api.changeChat(this.id, { knowledge_base_ids: bases.map((base) => base.id) });
    } catch (error) {
      this.bases = before;
      throw error;
    }
  }

  async setNarrowing(narrowing: Narrowing): Promise<void> {
    const before = this.narrowing;
    this.narrowing = narrowing;
    if (!this.id) return;
    try {
      await this.outside.api.changeChat(this.id, { narrowing });
    } catch (error) {
      this.narrowing = before;
      throw error;
    }
  }

  /** How far its text may go now: an upload, an answer or a person may have raised it. */
  async readClass(): Promise<void> {
    if (!this.id) return;
    this.classed = await this.outside.api.chatClass(this.id).catch(() => this.classed);
  }

  async setClass(dataClass: DataClass, reason: string): Promise<void> {
    const id = await this.ensure();
    this.classed = await this.outside.api.setChatClass(id, { data_class: dataClass, reason });
  }

  private async create(): Promise<string> {
    const input = {
      ...(this.outside.team() ? { team_id: this.outside.team() } : {}),
      ...(this.outside.model() ? { model: this.outside.model() } : {}),
      ...(this.bases.length ? { knowledge_base_ids: this.bases.map((base) => base.id) } : {}),
      ...(countOf(this.narrowing) ? { narrowing: this.narrowing } : {}),
    };
    const detail = await this.outside.api.createChat(input, uuid());
    this.detail = detail;
    this.id = detail.id;
    this.state = "ready";
    this.outside.onChat(detail);
    return detail.id;
  }

  private input(out: Outgoing, parent: string | null): SendInput {
    const model = this.outside.model();
    return {
      client_id: out.clientId,
      text: out.text,
      parent_id: parent,
      ...(model ? { model } : {}),
      ...(out.files.length ? { file_ids: out.files.map((file) => file.id) } : {}),
    };
  }

  /** Takes the stored tree; turns that are known keep their place on screen. */
  private adopt(messages: Message[]): void {
    const known = new Map(this.turns.map((turn) => [turn.id, turn]));
    const turns: Turn[] = [];
    for (const message of messages) {
      let turn = known.get(message.id);
      if (!turn) turn = new Turn(message);
      else if (!turn.isLive) turn.take(message);
      turns.push(turn);
      if (turn.isPending && !turn.isLive && message.run_id) this.join(turn, message.run_id);
    }
    this.turns = [...turns, ...this.turns.filter((turn) => turn.isLocal)];
  }

  /** Chooses the branch that ends in a message. */
  private chooseUpTo(id: string): void {
    const byId = new Map(this.turns.map((turn) => [turn.id, turn]));
    const choices = new Map(this.choices);
    for (let turn = byId.get(id); turn; turn = byId.get(turn.message.parent_id ?? "")) {
      choices.set(turn.message.parent_id, turn.id);
    }
    this.choices = choices;
  }

  private place(turn: Turn, message: Message): void {
    turn.isLocal = false;
    turn.take(message);
    const twin = this.turns.find((one) => one !== turn && one.id === message.id);
    this.turns = this.turns.filter((one) => one !== twin);
  }

  private join(turn: Turn, run: Run["id"]): void {
    const chat = this.id ?? turn.message.conversation_id;
    this.outside.onRun(chat, "started", null);
    let stop: (() => void) | undefined;
    stop = this.outside.feed.follow(run, {
      onChange: (track: Track) => {
        if (!track.end) {
          turn.hear(track);
          this.outside.onText(chat, track.text);
          return;
        }
        turn.settle(track);
        stop?.();
        this.outside.onRun(chat, "ended", track.end.data);
        if (track.end.data?.data_class !== this.classed?.data_class) void this.readClass();
      },
      onGone: () => void this.load(),
    });
  }
}

function nodeOf(turn: Turn) {
  return { id: turn.id, parent: turn.message.parent_id, turn };
}
