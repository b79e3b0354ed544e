/** What a tree of messages needs to know of each. */
export interface Node {
  readonly id: string;
  readonly parent: string | null;
}

export type Choices = ReadonlyMap<string | null, string>;

/** Children of each message, in the order given; a message whose parent is missing hangs at the root. */
export function childrenOf<T extends Node>(nodes: readonly T[]): Map<string | null, T[]> {
  const ids = new Set(nodes.map((node) => node.id));
  const children = new Map<string | null, T[]>();
  for (const node of nodes) {
    const parent = node.parent !== null && ids.has(node.parent) ? node.parent : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(node);
    else children.set(parent, [node]);
  }
  return children;
}

/** The branch on screen: at each fork the chosen child, else the youngest. */
export function pathThrough<T extends Node>(children: Map<string | null, T[]>, choices: Choices): T[] {
  const path: T[] = [];
  let parent: string | null = null;
  for (;;) {
    const siblings = children.get(parent);
    if (!siblings?.length) return path;
    const chosen = choices.get(parent);
    const node = siblings.find((one) => one.id === chosen) ?? siblings[siblings.length - 1];
    if (!node) return path;
    path.push(node);
    parent = node.id;
  }
}
