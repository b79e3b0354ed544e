import type { Api } from "../api/client";
import { ApiError } from "../api/problem";
import type { Chat } from "../api/types";

export interface Group {
  label: string;
  chats: Chat[];
}

/** The list of chats in the sidebar, newest first, with what is known of each beyond the server: unread, title so far. */
export class History {
  chats = $state.raw<Chat[]>([]);
  next = $state<string | null>(null);
  state = $state<"loading" | "ready" | "failed">("loading");
  unread = $state.raw<ReadonlySet<string>>(new Set());
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  async load(): Promise<void> {
    try {
      const page = await this.api.chats();
      const older = this.chats.filter((chat) => !page.results.some((fresh) => fresh.id === chat.id));
      const keepOlder = this.next !== null && page.next !== null && older.length > 0;
      this.chats = keepOlder ? [...page.results, ...older] : page.results;
      if (!keepOlder) this.next = page.next;
      this.state = "ready";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.state === "loading") this.state = "failed";
    }
  }

  async loadMore(): Promise<void> {
    if (!this.next) return;
    const page = await this.api.chats({ cursor: this.next });
    this.next = page.next;
    this.chats = [...this.chats, ...page.results.filter((chat) => !this.find(chat.id))];
  }

  find(id: string): Chat | undefined {
    return this.chats.find((chat) => chat.id === id);
  }

  /** Adds a chat on top, or brings a known one up to date. */
  put(chat: Chat): void {
    const rest = this.chats.filter((known) => known.id !== chat.id);
    this.chats = [chat, ...rest];
  }

  change(id: string, change: Partial<Chat>): void {
    this.chats = this.chats.map((chat) => (chat.id === id ? { ...chat, ...change } : chat));
  }

  remove(id: string): void {
    this.chats = this.chats.filter((chat) => chat.id !== id);
  }

  markUnread(id: string, isUnread: boolean): void {
    if (this.unread.has(id) === isUnread) return;
    const unread = new Set(this.unread);
    if (isUnread) unread.add(id);
    else unread.delete(id);
    this.unread = unread;
  }
}

/** Chats by age: Pinned, Today, Yesterday, Previous 7 days, Previous 30 days, then by month. */
export function groupByAge(chats: readonly Chat[], now: Date, words: Record<string, string>): Group[] {
  const groups = new Map<string, Chat[]>();
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const month = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" });
  const sorted = [...chats].sort((a, b) => Number(b.is_pinned) - Number(a.is_pinned) || compareAge(a, b));
  for (const chat of sorted) {
    const at = new Date(chat.updated_at).getTime();
    const days = Math.ceil((midnight - at) / 86_400_000);
    const label = chat.is_pinned ? words.pinned : ageLabel(days, words, () => month.format(at));
    const group = groups.get(label ?? "");
    if (group) group.push(chat);
    else groups.set(label ?? "", [chat]);
  }
  return [...groups].map(([label, members]) => ({ label, chats: members }));
}

function compareAge(a: Chat, b: Chat): number {
  return b.updated_at.localeCompare(a.updated_at);
}

function ageLabel(days: number, words: Record<string, string>, month: () => string): string | undefined {
  if (days <= 0) return words.today;
  if (days === 1) return words.yesterday;
  if (days <= 7) return words.week;
  if (days <= 30) return words.monthAgo;
  return month();
}
