export interface Toast {
  id: number;
  text: string;
  isError: boolean;
  action: { label: string; run: () => void } | null;
}

const STAY_MS = 8000;

/** Short messages in the corner. Errors stay until closed; others leave after eight seconds unless held. */
export class Toasts {
  list = $state.raw<Toast[]>([]);
  private held = false;
  private nextId = 1;

  add(text: string, options: { isError?: boolean; action?: Toast["action"] } = {}): void {
    const toast = {
      id: this.nextId,
      text,
      isError: options.isError ?? false,
      action: options.action ?? null,
    };
    this.nextId += 1;
    this.list = [...this.list.filter((one) => one.text !== text || one.action), toast].slice(-4);
    if (!toast.isError) this.plan(toast.id);
  }

  remove(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Does what the newest notice offers; false where none offers anything. */
  act(): boolean {
    const toast = this.list.findLast((one) => one.action);
    if (!toast) return false;
    this.remove(toast.id);
    toast.action?.run();
    return true;
  }

  hold(held: boolean): void {
    this.held = held;
  }

  private plan(id: number): void {
    setTimeout(() => (this.held ? this.plan(id) : this.remove(id)), STAY_MS);
  }
}
