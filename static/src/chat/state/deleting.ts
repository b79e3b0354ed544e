import { m } from "../../messages/en";
import type { Chat } from "../api/types";
import type { App } from "./app.svelte";

/** Deletes a chat at once and offers to take that back: the server keeps it for some minutes. */
export async function deleteChat(app: App, chat: Chat): Promise<void> {
  const at = app.history.chats.findIndex((one) => one.id === chat.id);
  const next = app.history.chats[at + 1] ?? app.history.chats[at - 1];
  const isHere = app.chat.id === chat.id;
  app.history.remove(chat.id);
  if (isHere) app.open(null);
  else if (next)
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`a[href="/c/${next.id}"]`)?.focus());
  try {
    await app.api.deleteChat(chat.id);
  } catch (error) {
    app.fail(error);
    return app.history.load();
  }
  app.history.remove(chat.id);
  app.announce(chat.id);
  const undo = () => void restoreChat(app, chat, isHere);
  app.toasts.add(m.chatMenu.removed(chat.title || m.app.newChat), {
    action: { label: m.chatMenu.undo, run: undo },
  });
}

async function restoreChat(app: App, chat: Chat, isShown: boolean): Promise<void> {
  try {
    app.history.put(await app.api.restoreChat(chat.id));
  } catch (error) {
    return app.fail(error);
  }
  app.announce(chat.id);
  app.say(m.chatMenu.restored);
  if (isShown) app.open(chat.id);
}
