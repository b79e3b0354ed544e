const NEAR_PX = 64;
const SCROLL_KEYS = new Set(["ArrowUp", "PageUp", "Home"]);

/**
 * Keeps the end of a growing text in view while the reader is there: within 64 px of the end. Wheel up, touch,
 * scroll keys or selecting text end following at once; "Jump to latest" and reaching the end resume it.
 */
export class Follower {
  /** The end is out of view: offer a way to it. */
  isAway = $state(false);
  private readonly mayFollow: () => boolean;
  private region: HTMLElement | null = null;
  private isFollowing = true;
  private lastTop = 0;
  private lastHeight = 0;

  constructor(mayFollow: () => boolean) {
    this.mayFollow = mayFollow;
  }

  attach(region: HTMLElement): () => void {
    this.region = region;
    const { leave } = this;
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY < 0) leave();
    };
    const onKey = (event: KeyboardEvent) => {
      if (SCROLL_KEYS.has(event.key) && !event.altKey) leave();
    };
    const onSelect = () => {
      const selection = getSelection();
      if (selection && !selection.isCollapsed && region.contains(selection.anchorNode)) leave();
    };
    region.addEventListener("wheel", onWheel, { passive: true });
    region.addEventListener("touchmove", leave, { passive: true });
    region.addEventListener("keydown", onKey);
    document.addEventListener("selectionchange", onSelect);
    return () => document.removeEventListener("selectionchange", onSelect);
  }

  /** The reader looks elsewhere: the end is no longer followed. */
  readonly leave = (): void => {
    this.isFollowing = false;
  };

  /** Watches the column's height: growth at the end is followed, or shown as being away. */
  watch = (column: HTMLElement) => {
    const observer = new ResizeObserver(() => {
      const region = this.region;
      if (!region) return;
      column.style.setProperty("--view", `${region.clientHeight}px`);
      if (this.isFollowing && this.mayFollow()) region.scrollTop = region.scrollHeight;
      this.look();
    });
    observer.observe(column);
    if (column.parentElement) observer.observe(column.parentElement);
    return { destroy: () => observer.disconnect() };
  };

  onscroll(): void {
    const region = this.region;
    if (!region) return;
    const isUp = region.scrollTop < this.lastTop - 1 && region.scrollHeight >= this.lastHeight;
    this.lastTop = region.scrollTop;
    this.lastHeight = region.scrollHeight;
    if (isUp) this.isFollowing = false;
    else if (this.distance() <= NEAR_PX && getSelection()?.isCollapsed !== false) this.isFollowing = true;
    this.look();
  }

  jump(smooth = false): void {
    const region = this.region;
    if (!region) return;
    this.isFollowing = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    region.scrollTo({ top: region.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
    this.look();
  }

  /** Brings the message to the top of the view. */
  toTop(element: HTMLElement | null): void {
    element?.scrollIntoView({ block: "start", behavior: "instant" });
    this.isFollowing = true;
    this.look();
  }

  private distance(): number {
    const region = this.region;
    return region ? region.scrollHeight - region.scrollTop - region.clientHeight : 0;
  }

  private look(): void {
    this.isAway = this.distance() > NEAR_PX * 2;
  }
}
