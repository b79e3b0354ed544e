import type { Citation, Step } from "../api/types";
import { afterCodePoints } from "../lib/codepoints";
import type { EndEvent, RunEvent } from "./events";

export type Outcome = "applied" | "old" | "gap";

/**
 * What a viewer knows of one run. Items apply in order and once: an old one is dropped, of one that overlaps the
 * part that is known is cut off, one that lies ahead is a gap, and the caller asks again from `position`.
 */
export class Track {
  position = 0;
  text = "";
  reasoning = "";
  steps: Step[] = [];
  citations: Citation[] = [];
  end: EndEvent | null = null;

  apply(event: RunEvent): Outcome {
    if (event.end <= this.position) return "old";
    if (event.seq > this.position) return "gap";
    this.take(event, this.position - event.seq);
    this.position = event.end;
    return "applied";
  }

  private take(event: RunEvent, known: number): void {
    switch (event.kind) {
      case "text":
        this.text += afterCodePoints(event.text, known);
        break;
      case "reasoning":
        this.reasoning += afterCodePoints(event.text, known);
        break;
      case "step":
        this.steps = [...this.steps.filter((step) => step.index !== event.step.index), event.step].sort(
          (a, b) => a.index - b.index,
        );
        break;
      case "citation":
        this.citations = event.citations;
        break;
      case "replaced":
        this.text = event.text;
        this.reasoning = "";
        this.citations = [];
        break;
      case "end":
        this.end = event;
        break;
      default:
    }
  }
}
