import { getContext, setContext } from "svelte";
import { k } from "../../messages/classes";
import { m } from "../../messages/en";
import { applyTheme, type Theme } from "../../shared/theme";
import { Api } from "../api/client";
import { ApiError } from "../api/problem";
import type { Boot, Chat, KnowledgeBaseRef, Me, Model, Narrowing } from "../api/types";
import { isAbove } from "../lib/classes";
import type { EndData } from "../runs/events";
import { type Line, RunFeed } from "../runs/feed";
import { Conversation, type Outside } from "./conversation.svelte";
import { Draft } from "./draft.svelte";
import { History } from "./history.svelte";
import { SourcesPanel } from "./sources.svelte";
import { Toasts } from "./toasts.svelte";
import { Told, textOf } from "./told";

export type Dialog = "search" | "shortcuts" | "rename" | null;

/** All state of the page, made once per tab and handed down by context. */
export class App {
  readonly api: Api;
  readonly feed: RunFeed;
  readonly history: History;
  readonly draft: Draft;
  readonly sources = new SourcesPanel();
  readonly toasts = new Toasts();
  readonly limits: Boot["limits"];

  me = $state.raw<Me>() as Me;
  models = $state.raw<Model[]>([]);
  team = $state<string | null>(null);
  chosenModel = $state<string | null>(null);
  chat = $state.raw<Conversation>() as Conversation;
  line = $state<Line>("idle");
  isOffline = $state(!navigator.onLine);
  isSignedOut = $state(false);
  isDrawerOpen = $state(false);
  isRail = $state(localStorage.getItem("atrium.rail") === "1");
  dialog = $state<Dialog>(null);
  /** The chat that a dialog is about. */
  subject = $state.raw<Chat | null>(null);
  status = $state("");

  readonly model = $derived.by(() => this.pickModel());
  readonly title = $derived.by(() => this.findTitle());

  private told = new Told();
  /** Whose models `models` are. */
  private modelsTeam: string | undefined;
  /** How often they were changed here: what was asked for before a change is stale. */
  private modelsChanged = 0;
  private readonly tabs = "BroadcastChannel" in window ? new BroadcastChannel("atrium") : null;

  constructor(boot: Boot) {
    this.me = boot.me;
    this.models = boot.models;
    this.modelsTeam = this.everyone;
    this.limits = boot.limits;
    this.api = new Api(boot.csrf_header, () => {
      this.isSignedOut = true;
    });
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.feed = new RunFeed(`${scheme}//${location.host}/ws/runs`, (line) => this.onLine(line));
    this.history = new History(this.api);
    this.draft = new Draft(`${boot.me.tenant.slug}.${boot.me.id}`);
    this.chat = new Conversation(this.outside(), null);
    this.takeUp();
    this.openPath(location.pathname);
    void this.history.load();
    this.watch();
  }

  /** Shows a chat, at one of its messages if that is named, or a new chat; `push` writes the address. */
  open(id: string | null, push = true, message: string | null = null): void {
    this.isDrawerOpen = false;
    this.sources.isOpen = false;
    if (push) history.pushState(null, "", id ? `/c/${id}${message ? `#m-${message}` : ""}` : "/");
    if (this.chat.id === id && this.chat.state !== "missing") {
      if (id === null) this.focusComposer();
      else if (message) this.chat.seek(message);
      return;
    }
    this.chat.leave();
    this.chat = new Conversation(this.outside(), id, message);
    this.chosenModel = null;
    this.draft.open(id);
    if (!id) {
      this.takeUp();
      void this.useModelsOf(this.team ?? this.everyone);
    }
    if (id) this.history.markUnread(id, false);
    this.focusComposer();
  }

  /** Looks in these collections from the next question on. */
  setBases(bases: KnowledgeBaseRef[]): void {
    this.draft.bases = bases;
    this.draft.save();
    this.chat.setBases(bases).catch((error) => this.fail(error));
  }

  /** Looks at a part of them only. */
  setNarrowing(narrowing: Narrowing): void {
    this.draft.narrowing = narrowing;
    this.draft.save();
    this.chat.setNarrowing(narrowing).catch((error) => this.fail(error));
  }

  /** Says something once to a screen reader. */
  say(text: string): void {
    this.status = "";
    queueMicrotask(() => {
      this.status = text;
    });
  }

  /** Shows what went wrong with a call in words, and returns them. */
  explain(error: unknown): string {
    if (!(error instanceof ApiError)) throw error;
    const text = m.errors.explain(error.status, error.title, error.detail, error.retryAfterSeconds);
    return error.reference ? `${text} ${m.errors.reference(error.reference)}` : text;
  }

  fail(error: unknown): void {
    this.toasts.add(this.explain(error), { isError: true });
  }

  focusComposer(): void {
    if (matchMedia("(pointer: coarse)").matches) return;
    requestAnimationFrame(() => document.getElementById("composer-text")?.focus());
  }

  setTheme(theme: Theme): void {
    applyTheme(theme);
    this.me = { ...this.me, theme };
    this.api.saveMe({ theme }).catch((error) => this.fail(error));
  }

  toggleRail(): void {
    this.isRail = !this.isRail;
    localStorage.setItem("atrium.rail", this.isRail ? "1" : "0");
  }

  /** The team of a new chat when the person names none. */
  get everyone(): string | undefined {
    return (this.me.teams.find((team) => team.is_everyone) ?? this.me.teams[0])?.id;
  }

  chooseTeam(team: string): void {
    this.team = team;
    this.chosenModel = null;
    void this.useModelsOf(team);
  }

  chooseModel(slug: string): void {
    this.chosenModel = slug;
    if (this.chat.id) this.api.changeChat(this.chat.id, { model: slug }).catch((error) => this.fail(error));
  }

  /** Makes this what the person's new chats of the team begin with; null: what the team's begin with. */
  async setDefault(slug: string | null): Promise<void> {
    const team = this.modelsTeam;
    if (!team) return;
    const before = this.models;
    const old = before.find((model) => model.is_own_default)?.slug ?? null;
    this.models = before.map((model) => ({ ...model, is_own_default: model.slug === slug }));
    this.modelsChanged += 1;
    try {
      await this.api.saveDefaultModel(team, slug);
    } catch (error) {
      if (this.modelsTeam === team) this.models = before;
      return this.fail(error);
    } finally {
      this.modelsChanged += 1;
    }
    const named = this.models.find((model) => model.slug === (slug ?? old))?.name ?? "";
    const teamName = this.me.teams.find((one) => one.id === team)?.name ?? "";
    const text = slug ? m.picker.defaultSet(named, teamName) : m.picker.defaultCleared(named, teamName);
    const undo = () => {
      if (this.modelsTeam === team) void this.setDefault(old);
    };
    this.toasts.add(text, { action: { label: m.picker.undo, run: undo } });
  }

  /** Tells other tabs of this browser that a chat has changed. */
  announce(chat: string): void {
    this.tabs?.postMessage({ chat });
  }

  /** Reads again what the team may use: a grant, a price or a provider's state may have changed. */
  async refreshModels(): Promise<void> {
    const team = this.modelsTeam;
    if (!team) return;
    const changed = this.modelsChanged;
    const { results } = await this.api.models(team).catch(() => ({ results: null }));
    if (results && this.modelsTeam === team && changed === this.modelsChanged) this.models = results;
  }

  private async useModelsOf(team: string | undefined): Promise<void> {
    if (!team || team === this.modelsTeam) return;
    this.modelsTeam = team;
    try {
      const { results } = await this.api.models(team);
      if (this.modelsTeam === team) this.models = results;
    } catch (error) {
      this.modelsTeam = undefined;
      if (error instanceof ApiError && error.status !== 404) this.fail(error);
    }
  }

  private pickModel(): Model | undefined {
    const wanted = this.chosenModel ?? this.chat.detail?.model ?? null;
    const usable = this.models.filter((model) => model.available);
    return (
      this.models.find((model) => model.slug === wanted) ??
      usable.find((model) => model.is_own_default) ??
      usable.find((model) => model.is_default) ??
      usable[0] ??
      this.models[0]
    );
  }

  /** Why the model can not be chosen here, in words; empty where it can. */
  obstacleTo(model: Model): string {
    if (!model.available) return model.reason ?? model.purpose;
    const wanted = this.chat.classed?.data_class;
    return wanted && model.cleared_for && isAbove(wanted, model.cleared_for)
      ? k.notCleared(model.cleared_for, wanted)
      : "";
  }

  private findTitle(): string {
    const { id, detail } = this.chat;
    return id ? (this.history.find(id)?.title ?? detail?.title ?? "") : "";
  }

  private outside(): Outside {
    return {
      api: this.api,
      feed: this.feed,
      model: () => this.model?.slug,
      team: () => this.team ?? undefined,
      onChat: (chat) => {
        this.history.put(chat);
        this.draft.rename(chat.id);
        history.replaceState(null, "", `/c/${chat.id}`);
      },
      onTeam: (team) => void this.useModelsOf(team),
      onRun: (chat, state, end) => this.onRun(chat, state, end),
      onText: (chat, text) => {
        if (this.chat.id !== chat || this.me.reads_answers !== "paragraphs") return;
        const paragraphs = this.told.next(text, false);
        if (paragraphs) this.say(paragraphs);
      },
    };
  }

  private onRun(chat: string, state: "started" | "ended", end: EndData | null): void {
    const isHere = this.chat.id === chat;
    this.history.change(chat, { running: state === "started" });
    if (state === "started") {
      if (!this.history.find(chat)?.title) void this.history.load();
      if (!isHere) return;
      this.told = new Told();
      this.say(m.status.generating);
      return;
    }
    this.history.change(chat, { updated_at: new Date().toISOString() });
    const answer = end?.message;
    if (isHere) {
      const text = textOf(answer?.parts ?? []);
      const words = text.split(/\s+/).filter(Boolean).length;
      this.say(m.status.ended(answer?.state ?? "done", this.told.last(text, this.me.reads_answers), words));
    }
    if (!isHere || document.hidden) this.history.markUnread(chat, true);
    for (const next of end?.follow ?? []) if (next.kind === "title") this.followTitle(chat, next.run);
    this.announce(chat);
  }

  private followTitle(chat: string, run: string): void {
    let stop: (() => void) | undefined;
    stop = this.feed.follow(run, {
      onChange: (track) => {
        const title = track.end?.data?.title ?? track.text.trim();
        if (title && track.end?.state !== "failed") this.history.change(chat, { title });
        if (track.end) stop?.();
      },
      onGone: () => void this.history.load(),
    });
  }

  private onLine(line: Line): void {
    this.line = line;
    if (line === "reconnecting") this.api.me().catch(() => undefined);
  }

  /** A new chat looks where its draft says. */
  private takeUp(): void {
    this.chat.bases = this.draft.bases;
    this.chat.narrowing = this.draft.narrowing;
  }

  private openPath(path: string): void {
    const found = /^\/c\/([^/]+)\/?$/.exec(path);
    this.open(found?.[1] ?? null, false, /^#m-(.+)$/.exec(location.hash)?.[1] ?? null);
  }

  private watch(): void {
    addEventListener("popstate", () => this.openPath(location.pathname));
    addEventListener("online", () => {
      this.isOffline = false;
      void this.catchUp();
    });
    addEventListener("offline", () => {
      this.isOffline = true;
    });
    addEventListener("pagehide", () => this.draft.save());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.draft.save();
      else void this.catchUp();
    });
    this.tabs?.addEventListener("message", (event: MessageEvent<{ chat: string }>) => {
      void this.history.load();
      if (event.data.chat === this.chat.id) void this.chat.load();
    });
  }

  private async catchUp(): Promise<void> {
    if (this.chat.id) this.history.markUnread(this.chat.id, false);
    await this.history.load();
    if (!this.chat.isRunning) await this.chat.load();
  }
}

const KEY = Symbol("app");

export function provideApp(app: App): App {
  setContext(KEY, app);
  return app;
}

export function useApp(): App {
  return getContext<App>(KEY);
}
