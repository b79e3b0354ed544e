import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../static/src/chat/runs/events";
import { Track } from "../../static/src/chat/runs/track";

const text = (seq: number, piece: string): RunEvent => ({
  run: "r",
  seq,
  end: seq + [...piece].length,
  kind: "text",
  offset: seq,
  text: piece,
});
const step = (seq: number, state: "running" | "done"): RunEvent => ({
  run: "r",
  seq,
  end: seq + 1,
  kind: "step",
  step: { index: 0, kind: "retrieval", label: "Searched", state, data: {}, ms: null },
});
const end = (seq: number): RunEvent => ({
  run: "r",
  seq,
  end: seq + 1,
  kind: "end",
  state: "done",
  error: null,
  usage: null,
  data: null,
});

describe("a track", () => {
  test("applies in order and once", () => {
    const track = new Track();
    expect(track.apply(text(0, "Hé😀"))).toBe("applied");
    expect(track.apply(text(0, "Hé😀"))).toBe("old");
    expect(track.apply(text(3, "llo"))).toBe("applied");
    expect(track.text).toBe("Hé😀llo");
    expect(track.position).toBe(6);
  });

  test("cuts off the known part of an overlapping piece by code points", () => {
    const track = new Track();
    track.apply(text(0, "a😀"));
    expect(track.apply(text(1, "😀👍b"))).toBe("applied");
    expect(track.text).toBe("a😀👍b");
  });

  test("reports a gap and changes nothing", () => {
    const track = new Track();
    track.apply(text(0, "abc"));
    expect(track.apply(text(5, "x"))).toBe("gap");
    expect(track.text).toBe("abc");
    expect(track.position).toBe(3);
  });

  test("steps are replaced by their index and share the positions", () => {
    const track = new Track();
    track.apply(step(0, "running"));
    track.apply(text(1, "ab"));
    track.apply(step(3, "done"));
    expect(track.steps).toHaveLength(1);
    expect(track.steps[0]?.state).toBe("done");
    expect(track.apply(end(4))).toBe("applied");
    expect(track.end?.state).toBe("done");
  });

  test("what is withdrawn goes with its reasoning, and a late viewer never sees it", () => {
    const track = new Track();
    track.apply({ ...text(0, "Hm"), kind: "reasoning" } as RunEvent);
    track.apply(text(2, "secret"));
    const replaced: RunEvent = { run: "r", seq: 8, end: 9, kind: "replaced", text: "", reason: "Not here." };
    expect(track.apply(replaced)).toBe("applied");
    expect([track.text, track.reasoning, track.position]).toEqual(["", "", 9]);
    const late = new Track();
    late.apply(text(0, " ".repeat(8)));
    late.apply(replaced);
    expect([late.text, late.position]).toEqual(["", 9]);
  });

  test("any cut and replay gives the same text", () => {
    const whole = "Straße 😀 👩‍💻 नमस्ते done";
    const points = [...whole];
    for (let cut = 0; cut <= points.length; cut += 1) {
      const track = new Track();
      track.apply(text(0, points.slice(0, cut).join("")));
      for (let at = 0; at < points.length; at += 4) track.apply(text(at, points.slice(at, at + 4).join("")));
      expect(track.text).toBe(whole);
    }
  });
});
