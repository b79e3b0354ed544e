import { getContext, setContext } from "svelte";
import type { Citation } from "../api/types";

export interface Peek {
  citation: Citation;
  anchor: HTMLElement;
}

/** The Sources panel: whose sources it shows, and which card is lit. */
export class SourcesPanel {
  isOpen = $state(false);
  turn = $state<string | null>(null);
  citations = $state.raw<Citation[]>([]);
  active = $state<number | null>(null);
  peeked = $state.raw<Peek | null>(null);
  private timer = 0;
  private opener: HTMLElement | null = null;

  show(turn: string, citations: Citation[], number: number | null): void {
    if (!this.isOpen) this.opener = document.activeElement as HTMLElement | null;
    this.turn = turn;
    this.citations = citations;
    this.active = number;
    this.isOpen = true;
    this.peeked = null;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.active = null;
    this.opener?.focus();
    this.opener = null;
  }

  /** Shows the hover card after a moment, at once when one is open already. */
  peek(peek: Peek): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(
      () => {
        this.peeked = peek;
      },
      this.peeked ? 0 : 200,
    );
  }

  unpeek(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.peeked = null;
    }, 120);
  }

  /** The pointer reached the card itself: it stays. */
  hold(): void {
    clearTimeout(this.timer);
  }
}

/** What a citation chip may ask of the message it stands in. */
export interface MessageSources {
  find(number: number): Citation | undefined;
  isShown(number: number): boolean;
  show(number: number): void;
  peek(citation: Citation, anchor: HTMLElement): void;
  unpeek(): void;
}

const KEY = Symbol("sources");

export function provideSources(
  panel: SourcesPanel,
  turn: () => { key: string; citations: Citation[] },
): void {
  const sources: MessageSources = {
    find: (number) => turn().citations.find((citation) => citation.number === number),
    isShown: (number) => panel.isOpen && panel.turn === turn().key && panel.active === number,
    show: (number) => panel.show(turn().key, turn().citations, number),
    peek: (citation, anchor) => panel.peek({ citation, anchor }),
    unpeek: () => panel.unpeek(),
  };
  setContext(KEY, sources);
}

export function useSources(): MessageSources {
  return getContext<MessageSources>(KEY);
}
