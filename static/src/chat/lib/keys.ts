/** Ctrl on Windows and Linux, ⌘ on macOS. */
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

export function hasCommand(event: KeyboardEvent): boolean {
  return isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
}

/** Whether the key sends what was written: Enter, or Enter with Ctrl or ⌘ where the person wants that; on touch the latter alone. */
export function sends(event: KeyboardEvent, key: "enter" | "mod_enter"): boolean {
  if (event.key !== "Enter" || event.shiftKey || event.altKey) return false;
  return hasCommand(event) || (key === "enter" && !matchMedia("(pointer: coarse)").matches);
}

/** Names of keys as people read them on their machine. */
export function keyNames(keys: string[]): string[] {
  const names: Record<string, string> = isMac ? { Ctrl: "⌘", Shift: "⇧", Alt: "⌥" } : {};
  return keys.map((key) => names[key] ?? key);
}

/** Moves focus among items by arrow keys, Home, End and the first letters. Returns whether the key was used. */
export function rove(event: KeyboardEvent, items: HTMLElement[]): boolean {
  const at = items.indexOf(document.activeElement as HTMLElement);
  const last = items.length - 1;
  const target =
    event.key === "ArrowDown"
      ? items[at >= last ? 0 : at + 1]
      : event.key === "ArrowUp"
        ? items[at <= 0 ? last : at - 1]
        : event.key === "Home"
          ? items[0]
          : event.key === "End"
            ? items[last]
            : byLetter(event, items, at);
  if (!target) return false;
  event.preventDefault();
  target.focus();
  return true;
}

function byLetter(event: KeyboardEvent, items: HTMLElement[], at: number): HTMLElement | undefined {
  if (event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || event.altKey)
    return undefined;
  const letter = event.key.toLocaleLowerCase();
  const rotated = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  return rotated.find((item) => item.textContent?.trim().toLocaleLowerCase().startsWith(letter));
}
