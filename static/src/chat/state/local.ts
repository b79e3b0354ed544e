import type { FileOutput, Message } from "../api/types";

export interface Outgoing {
  text: string;
  clientId: string;
  files: FileOutput[];
}

/** A message as it stands on screen until the server has it. */
export function localMessage(role: "user" | "assistant", out: Outgoing, parent: string | null): Message {
  const files = role === "user" ? out.files.map((file) => ({ type: "file" as const, file })) : [];
  return {
    id: `local:${role}:${out.clientId}`,
    client_id: out.clientId,
    conversation_id: "",
    parent_id: parent,
    role,
    state: role === "user" ? "done" : "queued",
    parts: role === "user" ? [{ type: "text", text: out.text }, ...files] : [],
    annotations: [],
    steps: [],
    model: null,
    run_id: null,
    error: null,
    usage: null,
    created_at: new Date().toISOString(),
  };
}
