import { m } from "../../messages/en";
import { copyText } from "../../shared/clipboard";
import { hasCommand } from "../lib/keys";
import type { App } from "../state/app.svelte";

/** The keyboard map of the page. Escape closes the top layer, else stops generating. */
export function handleShortcut(app: App, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape") {
    if (event.shiftKey) app.focusComposer();
    else leaveTopLayer(app);
    return;
  }
  if (!hasCommand(event) || event.altKey) return;
  if (event.code === "KeyZ" && !event.shiftKey) {
    if (!isWriting(event.target) && app.toasts.act()) event.preventDefault();
    return;
  }
  const action = event.shiftKey ? SHIFTED[event.code] : PLAIN[event.code];
  if (!action) return;
  event.preventDefault();
  action(app);
}

/** There is text whose own undo the keys mean. */
function isWriting(target: EventTarget | null): boolean {
  return (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement) && target.value !== "";
}

const PLAIN: Record<string, (app: App) => void> = {
  KeyK: (app) => {
    app.dialog = "search";
  },
  Slash: (app) => {
    app.dialog = app.dialog === "shortcuts" ? null : "shortcuts";
  },
};

const SHIFTED: Record<string, (app: App) => void> = {
  KeyO: (app) => app.open(null),
  KeyS: (app) => {
    if (matchMedia("(max-width: 767.98px)").matches) app.isDrawerOpen = !app.isDrawerOpen;
    else app.toggleRail();
  },
  Period: () => document.getElementById("model-button")?.click(),
  KeyC: (app) => {
    const answer = app.chat.path.findLast((turn) => turn.message.role === "assistant" && turn.text);
    if (answer) void copied(app, answer.text);
  },
  Semicolon: (app) => {
    const blocks = document.querySelectorAll<HTMLElement>("[data-code]");
    const last = blocks[blocks.length - 1]?.textContent;
    if (last) void copied(app, last);
  },
};

function leaveTopLayer(app: App): void {
  if (document.querySelector("dialog[open], :popover-open:not(.tip, .peek)")) return;
  if (app.sources.peeked) app.sources.peeked = null;
  else if (app.isDrawerOpen) app.isDrawerOpen = false;
  else if (app.sources.isOpen) app.sources.close();
  else if (app.chat.isRunning) app.chat.stop().catch((error) => app.fail(error));
}

async function copied(app: App, text: string): Promise<void> {
  try {
    await copyText(text);
    app.toasts.add(m.actions.copied);
  } catch {
    app.toasts.add(m.actions.copyFailed, { isError: true });
  }
}
