import { chosen, dropped, type Found } from "../dropped";
import { keyStart } from "../sending";
import { UploadRow, type UploadState } from "../upload-row";

const MOST = 1000;
const AT_ONCE = 3;
const REFRESH_MS = 3000;
const SPEAK_MS = 10_000;
const LEFT_OUT = ` Only ${MOST.toLocaleString()} files go at once, the others were left out. Add them when these are uploaded.`;

/**
 * `<file-uploads address="/api/v1/…/uploads">` around a form with a field for files: each file goes by itself, in
 * parts, three at once, with its own state and its own Pause and Retry; a second field takes a folder, and both can
 * be dropped here. Retry, the network's return and a reload with the same file go on where it was; `[data-resume]`
 * asks for the file of an upload that was left. Arrow keys move between the buttons of the files, which are one tab
 * stop. Without script the form sends all files together.
 */
class FileUploads extends HTMLElement {
  private rows: UploadRow[] = [];
  private isShort = false;
  private refreshed = 0;
  private spoken = 0;
  private readonly list = document.createElement("ol");
  private readonly summary = document.createElement("p");
  private readonly status = document.createElement("p");
  private readonly pauser = button("Pause all");
  private readonly resumer = button("Resume all");
  private readonly retrier = button("Retry failed");
  private readonly clearer = button("Clear finished");

  connectedCallback(): void {
    const form = this.querySelector("form");
    if (!form || this.contains(this.list)) return;
    this.build(form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      for (const field of form.querySelectorAll<HTMLInputElement>("input[type=file]")) this.take(field);
    });
    for (const field of form.querySelectorAll<HTMLInputElement>("input[type=file]")) {
      field.required = false;
      field.addEventListener("change", () => this.take(field));
    }
    form.addEventListener("dragover", (event) => event.preventDefault());
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer) void this.takeDropped(event.dataTransfer);
    });
    this.addEventListener("click", (event) => {
      const button =
        event.target instanceof Element ? event.target.closest<HTMLElement>("[data-resume]") : null;
      if (button) this.resume(button.dataset);
    });
    window.addEventListener("online", () => this.go((row) => row.isCut));
    window.addEventListener("beforeunload", (event) => {
      if (this.rows.some((row) => row.isOpen || row.state === "paused")) event.preventDefault();
    });
  }

  private build(form: HTMLFormElement): void {
    for (const part of form.querySelectorAll<HTMLElement>("[data-scripted]")) part.hidden = false;
    for (const part of form.querySelectorAll<HTMLElement>("[data-unscripted]")) part.hidden = true;
    this.summary.className = "help";
    this.status.className = "sr-only";
    this.status.setAttribute("role", "status");
    this.list.className = "upload-rows";
    this.list.tabIndex = 0;
    this.list.setAttribute("aria-label", "Uploads");
    this.list.hidden = true;
    const tools = document.createElement("div");
    tools.className = "row";
    tools.append(this.pauser, this.resumer, this.retrier, this.clearer);
    form.append(this.summary, this.status, this.list, tools);
    this.list.addEventListener("keydown", (event) => this.rove(event));
    this.pauser.addEventListener("click", () => this.pause());
    this.resumer.addEventListener("click", () => this.go((row) => row.state === "paused", this.pauser));
    this.retrier.addEventListener("click", () => this.go(mayRetry, this.list));
    this.clearer.addEventListener("click", () => {
      this.clear();
      form.querySelector<HTMLElement>("input[type=file]")?.focus();
    });
    this.tell();
  }

  private take(field: HTMLInputElement): void {
    if (field.files?.length) this.add(chosen(field.files));
    field.value = "";
  }

  private async takeDropped(transfer: DataTransfer): Promise<void> {
    try {
      this.add(await dropped(transfer, MOST + 1));
    } catch {
      this.say("What was dropped could not be read. Nothing was added. Choose it with the fields above.");
    }
  }

  /** Asks for the file of an upload that was left, and goes on with it if it is the same. */
  private resume({ resume: key = "", name = "", folder = "" }: DOMStringMap): void {
    const field = document.createElement("input");
    field.type = "file";
    field.addEventListener("change", () => {
      const file = field.files?.[0];
      if (!file) return;
      if (file.name === name && key.startsWith(keyStart(file))) {
        this.add([{ file, folder, key }]);
        this.list.focus();
      } else
        this.say(
          `This is not the file that was begun, or it was changed since. Nothing was sent. Choose “${name}” as it was, or discard its upload and add it anew.`,
        );
    });
    field.click();
  }

  private say(words: string): void {
    this.status.textContent = words;
    this.summary.textContent = words;
  }

  private add(found: Found[]): void {
    if (this.rows.length + found.length > MOST) this.clear();
    const room = MOST - this.rows.length;
    this.isShort = found.length > room;
    const address = this.getAttribute("address") ?? "";
    const field = this.querySelector<HTMLInputElement>("input[name=tags]");
    const tags = (field?.value ?? "").split(",").filter((tag) => tag.trim());
    const language = this.querySelector<HTMLSelectElement>("select[name=scan_language]")?.value ?? "";
    const added = found
      .slice(0, room)
      .map((each) => new UploadRow(each, address, { tags, language }, () => this.work()));
    this.rows.push(...added);
    this.list.append(...added.map((row) => row.item));
    this.work();
  }

  private clear(): void {
    for (const row of this.rows) if (row.state === "done") row.item.remove();
    this.rows = this.rows.filter((row) => row.state !== "done");
    this.isShort = false;
    this.tell();
  }

  private pause(): void {
    for (const row of this.rows) if (row.isOpen) row.pause();
    this.work();
    this.resumer.focus();
  }

  /** Lets these go on; their button vanishes, so focus moves on. */
  private go(which: (row: UploadRow) => boolean, next?: HTMLElement): void {
    for (const row of this.rows.filter(which)) row.wait();
    this.work();
    next?.focus();
  }

  private work(): void {
    const sending = this.count("sending");
    const waiting = this.rows.filter((row) => row.state === "waiting");
    for (const row of waiting.slice(0, AT_ONCE - sending)) void row.send();
    this.tell();
    const isOver = this.rows.length > 0 && !this.rows.some((row) => row.isOpen);
    if (!isOver && Date.now() - this.refreshed < REFRESH_MS) return;
    this.refreshed = Date.now();
    for (const id of isOver ? ["documents", "unfinished"] : ["documents"])
      document.getElementById(id)?.dispatchEvent(new Event("refresh"));
  }

  private count(state: UploadState): number {
    return this.rows.filter((row) => row.state === state).length;
  }

  private tell(): void {
    const [done, failed, paused] = [this.count("done"), this.count("failed"), this.count("paused")];
    const isOpen = this.rows.some((row) => row.isOpen);
    this.list.hidden = !this.rows.length;
    this.pauser.hidden = !isOpen;
    this.resumer.hidden = !paused;
    this.retrier.hidden = !this.rows.some(mayRetry);
    this.clearer.hidden = !done;
    this.stop(this.rows.find((row) => !row.button.hidden));
    const more = (failed ? `, ${failed} failed` : "") + (paused ? `, ${paused} paused` : "");
    this.summary.textContent = this.rows.length
      ? `${done} of ${this.rows.length} files uploaded${more}.${this.isShort ? LEFT_OUT : ""}`
      : "";
    if (isOpen && Date.now() - this.spoken < SPEAK_MS) return;
    this.spoken = Date.now();
    this.status.textContent = this.summary.textContent;
  }

  /** Makes this row's button the one that Tab reaches, unless another one has focus. */
  private stop(row: UploadRow | undefined): void {
    if (this.list.contains(document.activeElement) && document.activeElement !== this.list) return;
    for (const each of this.list.querySelectorAll<HTMLElement>("button[tabindex='0']")) each.tabIndex = -1;
    if (row) row.button.tabIndex = 0;
  }

  private rove(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -MOST, End: MOST };
    const step = steps[event.key];
    const offered = this.rows.filter((row) => !row.button.hidden);
    if (!step || !offered.length) return;
    event.preventDefault();
    const at = offered.findIndex((row) => row.button === document.activeElement);
    const row = offered[Math.min(Math.max(at + step, 0), offered.length - 1)];
    for (const each of offered) each.button.tabIndex = each === row ? 0 : -1;
    row?.button.focus();
  }
}

function mayRetry(row: UploadRow): boolean {
  return row.state === "failed" && row.mayRetry;
}

function button(label: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-sm";
  made.textContent = label;
  made.hidden = true;
  return made;
}

customElements.define("file-uploads", FileUploads);
