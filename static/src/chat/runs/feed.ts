import type { Frame, RunEvent } from "./events";
import { followBySse } from "./sse";
import { Track } from "./track";

export type Line = "idle" | "online" | "reconnecting";

export interface Listener {
  onChange(track: Track): void;
  /** The run is not there for this person (any more). */
  onGone(): void;
}

interface Followed {
  track: Track;
  listeners: Set<Listener>;
  closeSse: (() => void) | null;
}

const SILENCE_MS = 25_000;
const SSE_AFTER_FAILURES = 2;

/**
 * The one line of this tab to running answers: a WebSocket that follows many runs and resumes each from its
 * position; where WebSockets cannot be opened, one SSE stream per run until they can.
 */
export class RunFeed {
  private socket: WebSocket | null = null;
  private readonly runs = new Map<string, Followed>();
  private failures = 0;
  private retryTimer = 0;
  private silenceTimer = 0;
  private readonly url: string;
  private readonly onLine: (line: Line) => void;

  constructor(url: string, onLine: (line: Line) => void) {
    this.url = url;
    this.onLine = onLine;
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retryNow();
    });
  }

  /** Follows a run from its start, or joins the track that is there. Returns the way out. */
  follow(run: string, listener: Listener): () => void {
    let followed = this.runs.get(run);
    if (!followed) {
      followed = { track: new Track(), listeners: new Set(), closeSse: null };
      this.runs.set(run, followed);
      this.ask(run, followed);
    }
    followed.listeners.add(listener);
    if (followed.track.position > 0) listener.onChange(followed.track);
    return () => this.leave(run, listener);
  }

  /** Connects at once, for the Retry button. */
  retryNow(): void {
    if (this.socket || !this.runs.size) return;
    clearTimeout(this.retryTimer);
    this.connect();
  }

  private leave(run: string, listener: Listener): void {
    const followed = this.runs.get(run);
    if (!followed?.listeners.delete(listener) || followed.listeners.size) return;
    this.drop(run);
    this.say({ type: "unfollow", run });
  }

  private drop(run: string): void {
    this.runs.get(run)?.closeSse?.();
    this.runs.delete(run);
  }

  private ask(run: string, followed: Followed): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.say({ type: "follow", run, after: followed.track.position });
    } else if (!this.socket) {
      clearTimeout(this.retryTimer);
      this.connect();
    }
    if (this.failures >= SSE_AFTER_FAILURES) this.openSse(run, followed);
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private connect(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    const opening = setTimeout(() => socket.close(), 8000);
    socket.onopen = () => {
      clearTimeout(opening);
      this.listen();
      for (const [run, followed] of this.runs) {
        this.say({ type: "follow", run, after: followed.track.position });
      }
    };
    socket.onmessage = (message) => {
      this.listen();
      this.proven();
      this.take(JSON.parse(message.data as string) as Frame);
    };
    socket.onclose = () => {
      clearTimeout(opening);
      this.lost(socket);
    };
  }

  /** A frame came through: only now is the socket trusted, since some proxies open it and cut it at once. */
  private proven(): void {
    this.failures = 0;
    this.onLine("online");
    for (const followed of this.runs.values()) {
      followed.closeSse?.();
      followed.closeSse = null;
    }
  }

  /** A line that is silent for longer than two pings is dead, whatever the browser thinks. */
  private listen(): void {
    clearTimeout(this.silenceTimer);
    const socket = this.socket;
    this.silenceTimer = window.setTimeout(() => {
      socket?.close();
      if (socket) this.lost(socket);
    }, SILENCE_MS);
  }

  private lost(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    clearTimeout(this.silenceTimer);
    if (!this.runs.size) {
      this.onLine("idle");
      return;
    }
    this.failures += 1;
    if (this.failures >= SSE_AFTER_FAILURES) {
      for (const [run, followed] of this.runs) this.openSse(run, followed);
    } else {
      this.onLine("reconnecting");
    }
    const wait = Math.min(15_000, 300 * 2 ** this.failures) * (0.7 + Math.random() * 0.6);
    this.retryTimer = window.setTimeout(() => this.retryNow(), wait);
  }

  private openSse(run: string, followed: Followed): void {
    if (followed.closeSse) return;
    followed.closeSse = followBySse(run, () => followed.track.position, {
      onEvent: (event) => this.apply(event),
      onOpen: () => this.onLine("online"),
      onLost: () => {
        if (this.socket?.readyState !== WebSocket.OPEN) this.onLine("reconnecting");
      },
      onGone: () => this.gone(run),
    });
  }

  private take(frame: Frame): void {
    if (frame.type === "event") this.apply(frame);
    else if (frame.type === "gone") this.gone(frame.run);
  }

  private apply(event: RunEvent): void {
    const followed = this.runs.get(event.run);
    if (!followed) return;
    const outcome = followed.track.apply(event);
    if (outcome === "gap") {
      this.say({ type: "unfollow", run: event.run });
      this.say({ type: "follow", run: event.run, after: followed.track.position });
      return;
    }
    if (outcome === "old") return;
    if (followed.track.end) this.drop(event.run);
    for (const listener of followed.listeners) listener.onChange(followed.track);
  }

  private gone(run: string): void {
    const followed = this.runs.get(run);
    this.drop(run);
    for (const listener of followed?.listeners ?? []) listener.onGone();
  }
}
