import type { Citation, DataClass, Message, RunError, RunState, Step, Usage } from "../api/types";

interface Placed {
  run: string;
  /** Position before and after this item. Opaque: stored and sent back, never computed from text. */
  seq: number;
  end: number;
}

export interface EndData {
  message?: Message;
  follow?: { run: string; kind: string }[];
  title?: string;
  data_class?: DataClass | null;
}

export type RunEvent = Placed &
  (
    | { kind: "text" | "reasoning"; offset: number; text: string }
    | { kind: "step"; step: Step }
    | { kind: "tool" }
    | { kind: "citation"; citations: Citation[] }
    | { kind: "replaced"; text: string; reason: string }
    | { kind: "end"; state: RunState; error: RunError | null; usage: Usage | null; data: EndData | null }
  );

export type EndEvent = Extract<RunEvent, { kind: "end" }>;

export type Frame =
  | ({ type: "event" } & RunEvent)
  | { type: "gone"; run: string }
  | { type: "ping" }
  | { type: "error"; detail?: string };
