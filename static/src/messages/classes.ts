/** Words about how far a chat's text may go. */
import type { DataClass } from "../chat/api/types";
import { m } from "./en";

const names: Record<DataClass, string> = m.sources.classes;

export const k = {
  names,
  chip: (name: string) => `Data class: ${name}`,
  item: "Data class",
  title: "Data class of this chat",
  about: "The class decides which models may receive what is said here, and stays with the chat.",
  none: "Nothing sent here has a class yet.",
  meanings: {
    public: "Anyone may know it.",
    internal: "For the organisation.",
    confidential: "For some people only.",
    restricted: "Stays on the organisation’s own machines, unless it says otherwise.",
  } satisfies Record<DataClass, string>,
  lowerHint: "Only a lead of the team or an administrator may lower it.",
  reason: "Why the lower class is right",
  save: "Save",
  cancel: "Cancel",
  saved: (name: string) => `This chat is ${name.toLowerCase()} now.`,
  notCleared: (allowed: DataClass, wanted: DataClass) =>
    `May receive ${allowed} text at most; this chat is ${wanted}.`,
  uploadAs: (wanted: DataClass) => `Upload ${wanted} files`,
  fileClass: (file: string, name: string) => `Data class of ${file}: ${name}`,
};
