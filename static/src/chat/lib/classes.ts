import type { DataClass } from "../api/types";

/** From what may go anywhere to what may go to the fewest places. */
export const CLASSES: readonly DataClass[] = ["public", "internal", "confidential", "restricted"];

/** Whether text of this class may not go where the other is the highest that may. */
export function isAbove(one: DataClass | null | undefined, other: DataClass | null | undefined): boolean {
  return !!one && !!other && CLASSES.indexOf(one) > CLASSES.indexOf(other);
}
