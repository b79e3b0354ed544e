import type { Narrowing } from "../api/types";

/** How many ways a search is narrowed in; 0 where it looks at everything. */
export function countOf(narrowing: Narrowing): number {
  const lists = [narrowing.kinds, narrowing.tags, narrowing.owner_ids];
  const days = [narrowing.since, narrowing.until];
  return lists.filter((list) => list?.length).length + days.filter(Boolean).length;
}
