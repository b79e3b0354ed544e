import type { RunEvent } from "./events";

const KINDS = ["text", "reasoning", "step", "tool", "citation", "replaced", "end"] as const;

interface Handlers {
  onEvent(event: RunEvent): void;
  onOpen(): void;
  onLost(): void;
  onGone(): void;
}

/** Follows one run by server-sent events, reconnecting from `position()`. Returns how to close it. */
export function followBySse(run: string, position: () => number, handlers: Handlers): () => void {
  let source: EventSource | null = null;
  let timer = 0;
  let failures = 0;
  let closed = false;

  const open = () => {
    source = new EventSource(`/api/v1/runs/${run}/events?after=${position()}`);
    source.onopen = () => {
      failures = 0;
      handlers.onOpen();
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (message) => {
        handlers.onEvent({ run, kind, ...JSON.parse((message as MessageEvent<string>).data) });
      });
    }
    source.onerror = () => {
      const refused = source?.readyState === EventSource.CLOSED;
      source?.close();
      if (closed) return;
      failures += 1;
      handlers.onLost();
      if (refused && failures > 4) {
        handlers.onGone();
        return;
      }
      timer = window.setTimeout(open, Math.min(15_000, 500 * 2 ** failures));
    };
  };

  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    source?.close();
  };
}
