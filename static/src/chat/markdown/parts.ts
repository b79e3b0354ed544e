import { headingLevels } from "./outline";
import type { Block } from "./tail";

export interface Part {
  blocks: Block[];
  levels: (number | null)[];
}

const BLOCKS_PER_PART = 16;

/**
 * Blocks in boxes of sixteen, so that the browser can skip what is out of view. A box whose blocks did not change
 * is the same object as before: nothing in it is looked at again while the end grows.
 */
export function partition(blocks: readonly Block[], before: readonly Part[]): Part[] {
  const levels = headingLevels(blocks.map((block) => block.token));
  const parts: Part[] = [];
  for (let start = 0; start < blocks.length; start += BLOCKS_PER_PART) {
    const members = blocks.slice(start, start + BLOCKS_PER_PART);
    const old = before[parts.length];
    const isSame =
      old?.blocks.length === members.length && members.every((block, at) => block === old.blocks[at]);
    parts.push(isSame ? old : { blocks: members, levels: levels.slice(start, start + BLOCKS_PER_PART) });
  }
  return parts;
}
