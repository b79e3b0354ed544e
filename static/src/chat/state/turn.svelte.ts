import type { Api } from "../api/client";
import type {
  Citation,
  FileOutput,
  Message,
  NearestNote,
  Part,
  Picture,
  Rating,
  RouteNote,
  Step,
  VerifiedNote,
} from "../api/types";
import { unitOffsets } from "../lib/codepoints";
import { withCitations } from "../markdown/citations";
import { type Block, TailLexer } from "../markdown/tail";
import type { Track } from "../runs/track";

const FRAME_BUDGET_MS = 8;

/** One message on screen: what the server stored, and, while its run goes on, what the run has said so far. */
export class Turn {
  /** Stays when the optimistic message becomes the stored one, so that nothing is mounted twice. */
  readonly key: string;
  message = $state.raw<Message>() as Message;
  blocks = $state.raw<Block[]>([]);
  reasoning = $state("");
  steps = $state.raw<Step[]>([]);
  citations = $state.raw<Citation[]>([]);
  isLive = $state(false);
  /** Not sent yet, or the send failed. */
  isLocal = $state(false);
  private lexer = new TailLexer();
  private track: Track | null = null;
  private frame = 0;
  private restUntil = 0;

  constructor(message: Message, key: string = message.id) {
    this.key = key;
    this.take(message);
  }

  get id(): string {
    return this.message.id;
  }

  get text(): string {
    return textOf(this.message.parts);
  }

  get files(): FileOutput[] {
    return this.message.parts.flatMap((part) => (part.type === "file" ? [part.file] : []));
  }

  /** What an image model painted. */
  get pictures(): Picture[] {
    return this.message.parts.flatMap((part) => (part.type === "picture" ? [part] : []));
  }

  /** Nothing usable was found in the documents that were searched. */
  get hasNoSource(): boolean {
    return this.message.annotations.some((note) => note.type === "no_source");
  }

  /** What came nearest where nothing was found. */
  get nearest(): NearestNote | undefined {
    return this.message.annotations.find((note) => note.type === "nearest");
  }

  /** The expert's answer that it is. */
  get verified(): VerifiedNote | undefined {
    return this.message.annotations.find((note) => note.type === "verified");
  }

  /** Nothing was looked up for it, as the person wished. */
  get isWithoutKnowledge(): boolean {
    return this.message.annotations.some((note) => note.type === "without_knowledge");
  }

  /** The model came to its limit of length before its end. */
  get isCutShort(): boolean {
    return this.message.annotations.some((note) => note.type === "cut_short");
  }

  /** That a budget which counts for it is nearly used, in words. */
  get budgetNotice(): string | undefined {
    return this.message.annotations.find((note) => note.type === "budget")?.notice;
  }

  /** The claims that no passage supports, in the answer's own words. */
  get unsupported(): string[] {
    const places = this.message.annotations.filter((note) => note.type === "unsupported");
    const offsets = unitOffsets(
      this.text,
      places.flatMap(({ start, end }) => [start, end]),
    );
    return places.map(({ start, end }) => this.text.slice(offsets.get(start), offsets.get(end)));
  }

  /** What the route did that answered. */
  get route(): RouteNote | undefined {
    return this.message.annotations.find((note) => note.type === "route");
  }

  get isPending(): boolean {
    return this.message.state === "queued" || this.message.state === "running";
  }

  /** Keeps what the person says of the answer; null takes it back. */
  async rate(api: Api, rating: Rating | null): Promise<void> {
    await api.rate(this.id, rating);
    this.message = { ...this.message, rating };
  }

  /** The stored message replaces what was there; a finished answer is lexed once as a whole. */
  take(message: Message): void {
    this.message = message;
    this.steps = message.steps;
    this.citations = message.annotations.filter((note) => note.type === "citation");
    this.reasoning = message.parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
    if (message.role === "user") return;
    const source = withCitations(textOf(message.parts), this.citations);
    this.blocks = this.isPending ? this.lexer.update(source) : this.lexer.finish(source);
  }

  /** The run has said more: painted at most once per frame, and rarer when a frame's work was long. */
  hear(track: Track): void {
    this.track = track;
    this.isLive = true;
    if (!this.frame) this.frame = requestAnimationFrame((now) => this.paint(now));
  }

  /** The run ended: with the stored message where the server sent it, else with what was heard. */
  settle(track: Track): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.track = null;
    this.isLive = false;
    const end = track.end;
    this.take(end?.data?.message ?? this.heard(track));
  }

  private paint(now: number): void {
    this.frame = 0;
    const track = this.track;
    if (!track) return;
    if (now < this.restUntil) {
      this.frame = requestAnimationFrame((later) => this.paint(later));
      return;
    }
    const started = performance.now();
    this.steps = track.steps;
    this.reasoning = track.reasoning;
    if (track.citations.length) this.citations = track.citations;
    if (track.text.length >= this.text.length) this.blocks = this.lexer.update(track.text);
    const spent = performance.now() - started;
    this.restUntil = spent > FRAME_BUDGET_MS ? now + spent * 3 : 0;
  }

  private heard(track: Track): Message {
    const parts: Part[] = [{ type: "text", text: track.text }];
    if (track.reasoning) parts.unshift({ type: "reasoning", text: track.reasoning });
    return {
      ...this.message,
      parts,
      steps: track.steps,
      annotations: track.citations,
      state: track.end?.state ?? "interrupted",
      error: track.end?.error ?? null,
      usage: track.end?.usage ?? null,
    };
  }
}

export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}
