import type { Found } from "./dropped";
import { RefusedError, type Said, Sending } from "./sending";

export type UploadState = "waiting" | "sending" | "paused" | "done" | "failed";

const OFFERED: Partial<Record<UploadState, string>> = {
  waiting: "Pause",
  sending: "Pause",
  paused: "Resume",
  failed: "Retry",
};

/** One file of the list, with a button that holds it back, lets it go on or tries it again. */
export class UploadRow {
  readonly item = document.createElement("li");
  readonly button = document.createElement("button");
  state: UploadState = "waiting";
  /** Sending it again may end otherwise. */
  mayRetry = true;
  /** It failed because nothing came through. */
  isCut = false;
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
    this.button.type = "button";
    this.button.className = "btn btn-sm";
    this.button.tabIndex = -1;
    this.bar.max = Math.max(1, found.file.size);
    this.bar.setAttribute("aria-label", `Progress of ${found.file.name}`);
    this.item.append(name, this.button, this.words, this.bar);
    this.show("waiting", "Waiting");
    this.button.addEventListener("click", () => {
      if (OFFERED[this.state] === "Pause") this.pause();
      else this.wait();
      this.changed();
    });
  }

  get isOpen(): boolean {
    return this.state === "waiting" || this.state === "sending";
  }

  wait(): void {
    this.show("waiting", "Waiting");
  }

  /** Holds it back at once; the part on its way is sent again. */
  pause(): void {
    this.sending?.stop();
    this.sending = null;
    const share = Math.round((100 * this.bar.value) / this.bar.max);
    this.show("paused", share ? `Paused at ${share} %` : "Paused");
  }

  async send(): Promise<void> {
    const sending = new Sending(this.address, this.found, this.said, (received) => this.move(received));
    this.show("sending", "Uploading");
    this.sending = sending;
    try {
      const sent = await sending.send();
      if (this.sending !== sending) return;
      this.show("done", sent.isDuplicate ? "Already in this collection, not added again" : "Uploaded");
    } catch (error) {
      if (this.sending !== sending) return;
      await this.fail(error);
    }
    this.sending = null;
    this.changed();
  }

  private async fail(error: unknown): Promise<void> {
    if (error instanceof RefusedError) {
      this.mayRetry = !error.isFinal;
      this.show("failed", `Failed. ${error.message}`);
      return;
    }
    const isReadable = await this.found.file
      .slice(0, 1)
      .arrayBuffer()
      .then(() => true)
      .catch(() => false);
    this.isCut = isReadable;
    this.mayRetry = isReadable;
    this.show(
      "failed",
      isReadable
        ? "Failed. The connection broke. What was sent is kept."
        : "Failed. The file was moved or changed on this device. Choose it again; what was sent is kept.",
    );
  }

  private move(received: number): void {
    if (this.state !== "sending") return;
    this.bar.value = received;
    this.words.textContent = `Uploading, ${Math.round((100 * received) / this.bar.max)} %`;
  }

  private show(state: UploadState, words: string): void {
    const offered = state === "failed" && !this.mayRetry ? undefined : OFFERED[state];
    if (!offered && this.button === document.activeElement) this.item.parentElement?.focus();
    this.state = state;
    this.isCut &&= state === "failed";
    this.item.dataset.state = state;
    this.words.textContent = words;
    this.bar.hidden = state !== "sending" && state !== "paused";
    this.button.hidden = !offered;
    this.button.textContent = offered ?? "";
    this.button.setAttribute("aria-label", `${offered} ${this.found.file.name}`);
  }
}
