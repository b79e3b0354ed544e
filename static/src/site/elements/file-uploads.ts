import { chosen, dropped, type Found } from "../dropped";
import { RefusedError, type Said, Sending } from "../sending";

const MOST = 1000;
const AT_ONCE = 3;

type State = "waiting" | "sending" | "done" | "failed";

/**
 * `<file-uploads address="/api/v1/…/uploads">` around a form with a field for files: each file goes by itself, in
 * parts, three at once, with its own state; a second field takes a folder, and both can be dropped here. Pause
 * stops after the part on its way; Retry and a reload with the same file go on where it was. Without script the
 * form sends all files together.
 */
class FileUploads extends HTMLElement {
  private rows: Row[] = [];
  private isPaused = false;
  private readonly list = document.createElement("ol");
  private readonly summary = document.createElement("p");
  private readonly pauser = button("Pause");
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
      if (event.dataTransfer) void dropped(event.dataTransfer, MOST + 1).then((found) => this.add(found));
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.rows.some((row) => row.state === "sending" || row.state === "waiting")) event.preventDefault();
    });
  }

  private build(form: HTMLFormElement): void {
    for (const part of form.querySelectorAll<HTMLElement>("[data-scripted]")) part.hidden = false;
    for (const part of form.querySelectorAll<HTMLElement>("[data-unscripted]")) part.hidden = true;
    this.summary.setAttribute("role", "status");
    this.summary.className = "help";
    this.list.className = "upload-rows";
    this.list.tabIndex = 0;
    this.list.setAttribute("aria-label", "Uploads");
    this.list.hidden = true;
    const tools = document.createElement("div");
    tools.className = "row";
    tools.append(this.pauser, this.retrier, this.clearer);
    form.append(this.summary, this.list, tools);
    this.pauser.addEventListener("click", () => this.pause());
    this.retrier.addEventListener("click", () => {
      for (const row of this.rows) if (row.state === "failed" && row.mayRetry) row.wait();
      this.work();
    });
    this.clearer.addEventListener("click", () => {
      for (const row of this.rows) if (row.state === "done") row.item.remove();
      this.rows = this.rows.filter((row) => row.state !== "done");
      this.tell();
      form.querySelector<HTMLElement>("input[type=file]")?.focus();
    });
    this.tell();
  }

  private take(field: HTMLInputElement): void {
    if (field.files?.length) this.add(chosen(field.files));
    field.value = "";
  }

  private add(found: Found[]): void {
    const room = MOST - this.rows.length;
    const address = this.getAttribute("address") ?? "";
    const field = this.querySelector<HTMLInputElement>("input[name=tags]");
    const tags = (field?.value ?? "").split(",").filter((tag) => tag.trim());
    const language = this.querySelector<HTMLSelectElement>("select[name=scan_language]")?.value ?? "";
    for (const each of found.slice(0, room)) {
      const row = new Row(each, address, { tags, language }, () => this.work());
      this.rows.push(row);
      this.list.append(row.item);
    }
    this.tell(
      found.length > room ? ` Only ${MOST} files go at once: ${found.length - room} were left out.` : "",
    );
    this.work();
  }

  private pause(): void {
    this.isPaused = !this.isPaused;
    if (this.isPaused) for (const row of this.rows) row.hold();
    this.work();
  }

  private work(): void {
    const sending = this.rows.filter((row) => row.state === "sending").length;
    const waiting = this.isPaused ? [] : this.rows.filter((row) => row.state === "waiting");
    for (const row of waiting.slice(0, AT_ONCE - sending)) void row.send();
    this.tell();
    const isOver = !this.rows.some((row) => row.state === "waiting" || row.state === "sending");
    if (isOver && this.rows.length) document.getElementById("documents")?.dispatchEvent(new Event("refresh"));
  }

  private tell(more = ""): void {
    const count = (state: State): number => this.rows.filter((row) => row.state === state).length;
    const open = count("waiting") + count("sending");
    this.list.hidden = !this.rows.length;
    this.pauser.hidden = !open;
    this.pauser.textContent = this.isPaused ? "Resume" : "Pause";
    this.retrier.hidden = !this.rows.some((row) => row.state === "failed" && row.mayRetry);
    this.clearer.hidden = !count("done");
    if (!this.rows.length) return;
    const failed = count("failed") ? `, ${count("failed")} failed` : "";
    const held = this.isPaused && open ? ", paused" : "";
    this.summary.textContent = `${count("done")} of ${this.rows.length} files uploaded${failed}${held}.${more}`;
  }
}

/** One file in the list. */
class Row {
  readonly item = document.createElement("li");
  state: State = "waiting";
  mayRetry = true;
  private sending: Sending | null = null;
  private readonly words = document.createElement("span");
  private readonly bar = document.createElement("progress");

  constructor(
    private readonly found: Found,
    private readonly address: string,
    private readonly said: Said,
    private readonly changed: () => void,
  ) {
    const name = document.createElement("span");
    name.dir = "auto";
    name.textContent = found.folder ? `${found.folder}/${found.file.name}` : found.file.name;
    this.words.className = "help";
    this.bar.max = Math.max(1, found.file.size);
    this.bar.setAttribute("aria-label", `Progress of ${found.file.name}`);
    this.item.append(name, this.words, this.bar);
    this.show("waiting", "Waiting");
  }

  wait(): void {
    this.show("waiting", "Waiting");
  }

  hold(): void {
    this.sending?.stop();
  }

  async send(): Promise<void> {
    const { file, folder } = this.found;
    this.show("sending", "Uploading");
    this.sending = new Sending(this.address, file, folder, this.said, (received) => this.move(received));
    try {
      const sent = await this.sending.send();
      this.show("done", sent.isDuplicate ? "Already in this collection, not added again" : "Uploaded");
    } catch (error) {
      this.fail(error);
    }
    this.sending = null;
    this.changed();
  }

  private fail(error: unknown): void {
    if (error instanceof DOMException && error.name === "AbortError") {
      this.show("waiting", "Paused");
      return;
    }
    this.mayRetry = !(error instanceof RefusedError);
    const words =
      error instanceof RefusedError ? error.message : "The connection broke. What was sent is kept.";
    this.show("failed", `Failed. ${words}`);
  }

  private move(received: number): void {
    this.bar.value = received;
    this.words.textContent = `Uploading, ${Math.round((100 * received) / this.bar.max)} %`;
  }

  private show(state: State, words: string): void {
    this.state = state;
    this.item.dataset.state = state;
    this.words.textContent = words;
    this.bar.hidden = state !== "sending";
  }
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
