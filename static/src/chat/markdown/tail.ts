import type { Token } from "marked";
import { lex } from "./extensions";

export interface Block {
  key: number;
  token: Token;
}

/** A block is finished only when at least this much stands behind it: "\n\n-" may still continue a list. */
const GUARD = 8;

/**
 * Blocks of a Markdown text that grows at its end. Only the open tail is lexed again; a finished block keeps its
 * object, and an unchanged part of the tail too, so that nothing that stands on screen is made anew.
 */
export class TailLexer {
  private committed: Block[] = [];
  private length = 0;
  private tail: Block[] = [];
  private seen = "";

  /** Blocks of the text so far. A text that does not continue the last one starts again. */
  update(text: string): Block[] {
    if (!text.startsWith(this.seen)) this.reset();
    this.seen = text;
    const open = text.slice(this.length);
    const tokens = lex(open);
    const done = finished(tokens, open);
    const first = this.committed.length;
    const fresh = this.share(tokens, first);
    for (let index = 0; index < done; index += 1) {
      const block = fresh[index];
      if (!block) break;
      this.committed.push(block);
      this.length += block.token.raw.length;
    }
    this.tail = fresh.slice(done);
    return [...this.committed, ...this.tail];
  }

  /** Blocks of the whole text, lexed once as one document; unchanged blocks keep their objects. */
  finish(text: string): Block[] {
    const known = [...this.committed, ...this.tail];
    this.reset();
    const tokens = lex(text);
    this.tail = Object.keys(tokens.links).length ? [] : known;
    const blocks = this.share(tokens, 0);
    this.committed = blocks;
    this.tail = [];
    this.length = text.length;
    this.seen = text;
    return blocks;
  }

  private reset(): void {
    this.committed = [];
    this.tail = [];
    this.length = 0;
    this.seen = "";
  }

  private share(tokens: Token[], firstKey: number): Block[] {
    return tokens.map((token, index) => {
      const before = this.tail[index];
      if (before && before.key === firstKey + index) {
        const kept = reuse(before.token, token);
        return kept === before.token ? before : { key: before.key, token: kept };
      }
      return { key: firstKey + index, token };
    });
  }
}

/** How many leading tokens can no longer change. */
function finished(tokens: Token[], source: string): number {
  let last = tokens.length - 1;
  while (last >= 0 && tokens[last]?.type === "space") last -= 1;
  let behind = source.length;
  let done = 0;
  for (let index = 0; index < last; index += 1) {
    const raw = tokens[index]?.raw ?? "";
    if (!source.startsWith(raw, source.length - behind)) break;
    behind -= raw.length;
    if (behind >= GUARD) done = index + 1;
  }
  return done;
}

/** A blank line further on makes every item of a list loose, though an item's own text is the same. */
function looseness(token: Token): unknown {
  return "loose" in token ? token.loose : undefined;
}

/** The old token where nothing changed, else the new one with old children wherever those did not change. */
function reuse(old: Token, fresh: Token): Token {
  if (old.type !== fresh.type || looseness(old) !== looseness(fresh)) return fresh;
  if (old.raw === fresh.raw) return old;
  for (const field of ["tokens", "items"] as const) {
    const before = (old as Record<string, unknown>)[field];
    const after = (fresh as Record<string, unknown>)[field];
    if (!Array.isArray(before) || !Array.isArray(after)) continue;
    (fresh as Record<string, unknown>)[field] = after.map((child: Token, index) =>
      before[index] ? reuse(before[index] as Token, child) : child,
    );
  }
  return fresh;
}
