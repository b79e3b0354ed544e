import type { DataClass, FileOutput, KnowledgeBaseRef, Narrowing } from "../api/types";
import { uuid } from "../lib/uuid";
import { countOf } from "./narrowing";

/** A file beside the composer: on its way up, being read, ready or refused. */
export class Attachment {
  readonly key = uuid();
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  readonly source: File | null;
  readonly preview: string | null;
  /** What the person says of it before it leaves this device; null: nothing. */
  readonly dataClass: DataClass | null;
  progress = $state(0);
  file = $state.raw<FileOutput | null>(null);
  failure = $state<string | null>(null);
  canRetry = $state(true);
  readonly abort = new AbortController();

  constructor(source: File | null, file: FileOutput | null, dataClass: DataClass | null = null) {
    this.source = source;
    this.dataClass = dataClass;
    this.file = file;
    this.name = file?.name ?? source?.name ?? "";
    this.size = file?.size ?? source?.size ?? 0;
    this.mediaType = file?.media_type ?? source?.type ?? "";
    this.preview =
      source && /^image\/(png|jpeg|gif|webp)$/.test(source.type) ? URL.createObjectURL(source) : null;
  }

  get state(): FileOutput["state"] {
    if (this.failure) return "failed";
    return this.file?.state ?? "uploading";
  }

  dispose(): void {
    if (this.preview) URL.revokeObjectURL(this.preview);
  }
}

interface Stored {
  text: string;
  files: FileOutput[];
  bases: KnowledgeBaseRef[];
  narrowing: Narrowing;
  clientId: string;
}

/** What is written but not sent, per chat, kept on this device. */
export class Draft {
  text = $state("");
  attachments = $state.raw<Attachment[]>([]);
  bases = $state.raw<KnowledgeBaseRef[]>([]);
  narrowing = $state.raw<Narrowing>({});
  /** The identity of the message to be: a send that is repeated cannot make a second message. */
  clientId = uuid();
  private place: string;
  private readonly prefix: string;

  constructor(owner: string) {
    this.prefix = `atrium.draft.${owner}.`;
    this.place = `${this.prefix}new`;
    this.restore();
  }

  /** Leaves this chat's draft stored and brings up that of another. */
  open(chat: string | null): void {
    this.save();
    this.place = this.prefix + (chat ?? "new");
    this.restore();
  }

  /** The new chat got its id: its draft moves with it. */
  rename(chat: string): void {
    localStorage.removeItem(this.place);
    this.place = this.prefix + chat;
    this.save();
  }

  save(): void {
    const files = this.attachments.flatMap((one) => (one.file && !one.failure ? [one.file] : []));
    const isNew = this.place.endsWith(".new");
    const bases = isNew ? this.bases : [];
    const narrowing = isNew ? this.narrowing : {};
    try {
      if (!this.text && !files.length && !bases.length && !countOf(narrowing))
        localStorage.removeItem(this.place);
      else
        localStorage.setItem(
          this.place,
          JSON.stringify({ text: this.text, files, bases, narrowing, clientId: this.clientId }),
        );
    } catch {
      // Private windows and full disks: the draft then lives as long as the page.
    }
  }

  clear(): void {
    this.text = "";
    for (const one of this.attachments) one.dispose();
    this.attachments = [];
    this.clientId = uuid();
    this.save();
  }

  private restore(): void {
    const raw = localStorage.getItem(this.place);
    const stored: Partial<Stored> = raw ? parse(raw) : {};
    this.text = stored.text ?? "";
    this.bases = stored.bases ?? [];
    this.narrowing = stored.narrowing ?? {};
    this.clientId = stored.clientId ?? uuid();
    this.attachments = (stored.files ?? []).map((file) => new Attachment(null, file));
  }
}

function parse(raw: string): Partial<Stored> {
  try {
    return JSON.parse(raw) as Partial<Stored>;
  } catch {
    return {};
  }
}
