/** What the REST API of `/api/v1` speaks (plan: apps/api, openapi.yaml). */

export type RunState = "queued" | "running" | "done" | "stopped" | "failed" | "interrupted";

export interface Team {
  id: string;
  name: string;
  is_everyone: boolean;
}

export interface Me {
  id: string;
  name: string;
  email: string;
  role: "owner" | "admin" | "auditor" | "member";
  tenant: { slug: string; name: string };
  teams: Team[];
  theme: "system" | "light" | "dark";
  send_key: "enter" | "mod_enter";
  follows_answers: boolean;
  /** What a screen reader is told of an answer. */
  reads_answers: "off" | "complete" | "paragraphs";
  language: string;
  unread_notifications: number;
}

export interface Model {
  slug: string;
  name: string;
  purpose: string;
  vendor_label: string;
  badges: string[];
  context_window: number | null;
  /** How dear it is, for a hint; null for a route, whose cost depends on what it picks. */
  cost: "free" | "low" | "medium" | "high" | "unknown" | null;
  /** Its price in words, per million tokens in and out. */
  price: string | null;
  /** The team's. */
  is_default: boolean;
  /** The person's own, which goes before the team's. */
  is_own_default: boolean;
  available: boolean;
  reason: string | null;
  /** The highest data class that it may receive; of a route, with which it can still answer. */
  cleared_for: DataClass | null;
}

/** A budget that limits one's own calls: in words, and how much of it is used. */
export interface OwnBudget {
  id: string;
  name: string;
  percent: number;
}

/** How far what is said in a chat may go, and who or what gave it that class. */
export interface Classed {
  data_class: DataClass | null;
  why: string;
  may_lower: boolean;
}

export interface Chat {
  id: string;
  title: string;
  team_id: string;
  model: string | null;
  created_at: string;
  updated_at: string;
  is_pinned: boolean;
  running: boolean;
  /** The message that a search found it by; null where its title holds the words. */
  match?: { message_id: string; text: string } | null;
}

export interface ChatDetail extends Chat {
  /** The end of the branch that was on screen last. */
  current_message_id?: string | null;
  knowledge_bases: KnowledgeBaseRef[];
  files: FileOutput[];
  narrowing: Narrowing;
}

/** Which documents answers are looked up in; what is left out narrows nothing. */
export interface Narrowing {
  kinds?: string[];
  tags?: string[];
  owner_ids?: string[];
  since?: string | null;
  until?: string | null;
}

/** What searches in some collections can be narrowed to. */
export interface Facets {
  kinds: { kind: string; label: string; documents: number }[];
  tags: { tag: string; documents: number }[];
  owners: { id: string; name: string; documents: number }[];
}

export interface KnowledgeBaseRef {
  id: string;
  name: string;
}

export interface KnowledgeBase extends KnowledgeBaseRef {
  description?: string;
}

export interface FileOutput {
  id: string;
  name: string;
  size: number;
  media_type: string;
  document_id: string | null;
  state: "uploading" | "reading" | "ready" | "failed";
  error: { kind: string; detail: string } | null;
  data_class?: DataClass;
  pages: number | null;
}

export type Part =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "file"; file: FileOutput }
  | Picture;

/** What a model painted: an address of our own origin, for the person alone. */
export interface Picture {
  type: "picture";
  url: string;
  name: string;
  alt: string;
}

export type DataClass = "public" | "internal" | "confidential" | "restricted";

export interface Citation {
  type: "citation";
  number: number;
  start: number;
  end: number;
  chunk_id: string;
  document_id: string;
  document_title: string;
  page: number | null;
  /** Page, slide, or sheet and rows; old answers have none. */
  place?: string;
  heading: string[];
  quote: string;
  verified: boolean;
  /** The day by which somebody looks at the document again, and whether it has passed. */
  review_by?: string;
  is_stale?: boolean;
  data_class?: DataClass;
}

export interface FallbackNote {
  type: "fallback";
  model: { slug: string; name: string };
  reason: string;
}

export interface Verdict {
  result: "passed" | "failed" | "unchecked";
  reasons: string[];
}

/** What a route did: who answered, why, and what a judge or a comparison found. */
export interface RouteNote {
  type: "route";
  route: { slug: string; name: string; kind: string };
  answered_by: { slug: string; name: string } | null;
  why: string[];
  verdict?: Verdict & { revised: boolean; revision?: Verdict };
  members?: { number: number; slug: string; name: string }[];
  claims?: { text: string; agree: number[]; disagree: number[]; state: "agreed" | "disputed" | "single" }[];
}

/** A claim of the answer, in code points of its text, that no passage supports. */
export interface UnsupportedNote {
  type: "unsupported";
  start: number;
  end: number;
}

/** Nothing usable was found: the documents that come nearest, and the question's words that they do not hold. */
export interface NearestNote {
  type: "nearest";
  missing: string[];
  documents: {
    document_id: string;
    document_title: string;
    chunk_id: string;
    page: number | null;
    place?: string;
  }[];
}

/** The answer is an expert's. */
export interface VerifiedNote {
  type: "verified";
  answer_id: string;
  question: string;
  approved_by: string;
  approved_at: string | null;
}

export type Annotation =
  | Citation
  | UnsupportedNote
  | FallbackNote
  | RouteNote
  | NearestNote
  | VerifiedNote
  | { type: "no_source" }
  | { type: "without_knowledge" }
  | { type: "cut_short" }
  | { type: "budget"; notice: string };

export interface Step {
  index: number;
  kind: string;
  label: string;
  state: "running" | "done" | "failed" | "stopped" | "interrupted";
  data: Record<string, unknown>;
  ms: number | null;
}

export interface RunError {
  kind: string;
  title: string;
  detail: string;
  /** What can be offered instead. */
  more?: {
    data_class?: DataClass;
    models?: { slug: string; name: string }[];
    ask_at?: string;
    /** Rules that ask before anything is sent, and what they found, veiled. */
    rules?: { id: string; name: string; words: string }[];
    findings?: { kind: string; label: string; shown: string }[];
  };
}

export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  estimated?: boolean;
}

/** What the person says of an answer. */
export interface Rating {
  is_good: boolean;
  reasons: string[];
  comment: string;
}

export interface Message {
  id: string;
  client_id: string | null;
  conversation_id: string;
  parent_id: string | null;
  role: "user" | "assistant";
  state: RunState;
  parts: Part[];
  annotations: Annotation[];
  steps: Step[];
  model: { slug: string; name: string } | null;
  run_id: string | null;
  error: RunError | null;
  usage: Usage | null;
  rating?: Rating | null;
  created_at: string;
}

export interface Run {
  id: string;
  kind: string;
  state: RunState;
  message_id: string | null;
  conversation_id: string | null;
  position: number;
  error: RunError | null;
}

export interface ChunkView {
  id: string;
  document: {
    id: string;
    title: string;
    media_type: string;
    data_class: DataClass;
    knowledge_base: string | KnowledgeBaseRef | null;
  };
  page: number | null;
  heading: string[];
  text: string;
  before: string;
  after: string;
  review: { owner: { id: string; name: string } | null; review_by: string | null; is_stale: boolean };
}

export interface Page<T> {
  results: T[];
  next: string | null;
}

export interface SendInput {
  client_id: string;
  text: string;
  parent_id: string | null;
  model?: string;
  file_ids?: string[];
}

export interface SendOutput {
  question: Message;
  answer: Message;
  run: Run;
}

export interface Boot {
  me: Me;
  models: Model[];
  csrf_header: string;
  limits: { max_upload_bytes: number; max_text: number };
  urls: Record<string, string>;
}
