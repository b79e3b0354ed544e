import { m } from "../../messages/en";
import { ApiError } from "../api/problem";
import type { DataClass } from "../api/types";
import type { App } from "./app.svelte";
import { Attachment } from "./draft.svelte";

const POLL_MS = 1500;

/** Adds files to the draft and sends them up; each says on its chip how far it is and what went wrong. */
export function attachFiles(app: App, files: Iterable<File>, dataClass: DataClass | null = null): void {
  const added = [...files].map((file) => new Attachment(file, null, dataClass));
  if (!added.length) return;
  app.draft.attachments = [...app.draft.attachments, ...added];
  for (const attachment of added) void upload(app, attachment);
}

export async function upload(app: App, attachment: Attachment): Promise<void> {
  const { source } = attachment;
  if (!source) return;
  attachment.failure = null;
  attachment.progress = 0;
  if (source.size > app.limits.max_upload_bytes) {
    attachment.canRetry = false;
    attachment.failure = m.files.tooLarge(app.limits.max_upload_bytes);
    return;
  }
  if (source.size === 0) {
    attachment.canRetry = false;
    attachment.failure = m.files.empty;
    return;
  }
  try {
    const chat = await app.chat.ensure();
    attachment.file = await app.api.upload(
      chat,
      source,
      attachment.dataClass,
      attachment.key,
      (share) => {
        attachment.progress = share;
      },
      attachment.abort.signal,
    );
    app.draft.save();
    app.say(m.files.uploaded(attachment.name));
    void app.chat.readClass();
    void watchReading(app, attachment, chat);
  } catch (error) {
    if (!(error instanceof ApiError)) return;
    attachment.canRetry = error.isTransient || error.status === 429 || error.status >= 500;
    attachment.failure = app.explain(error);
  }
}

/** Asks until the document is read or refused. */
async function watchReading(app: App, attachment: Attachment, chat: string): Promise<void> {
  while (attachment.file?.state === "reading" && app.draft.attachments.includes(attachment)) {
    await new Promise((resume) => setTimeout(resume, POLL_MS));
    try {
      const detail = await app.api.chat(chat, attachment.abort.signal);
      const fresh = detail.files.find((file) => file.id === attachment.file?.id);
      if (fresh) attachment.file = fresh;
      if (fresh?.state === "failed") {
        attachment.canRetry = false;
        attachment.failure = fresh.error?.detail ?? m.files.unreadable;
      }
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isTransient) return;
    }
  }
}

/** Says how far a file may go; the chat takes the highest class of its files. */
export async function classify(app: App, attachment: Attachment, dataClass: DataClass): Promise<void> {
  const { file } = attachment;
  if (!file?.document_id) return;
  try {
    await app.api.setDocumentClass(file.document_id, dataClass);
    attachment.file = { ...file, data_class: dataClass };
    app.draft.save();
    await app.chat.readClass();
  } catch (error) {
    app.fail(error);
  }
}

/** Takes a file off the draft; an upload under way is cut, a stored file is removed. */
export function detachFile(app: App, attachment: Attachment): void {
  attachment.abort.abort();
  attachment.dispose();
  app.draft.attachments = app.draft.attachments.filter((one) => one !== attachment);
  app.draft.save();
  if (attachment.file)
    app.api.removeFile(attachment.file.id).then(
      () => app.chat.readClass(),
      () => undefined,
    );
}
