/** Letters that tell a language, or the one that most texts in them are in. */
const SCRIPTS: [RegExp, string][] = [
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Hebrew}/u, "he"],
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, "ja"],
  [/\p{Script=Han}/u, "zh"],
  [/\p{Script=Hangul}/u, "ko"],
  [/\p{Script=Cyrillic}/u, "ru"],
  [/\p{Script=Greek}/u, "el"],
  [/\p{Script=Devanagari}/u, "hi"],
  [/\p{Script=Thai}/u, "th"],
];
/** Of all letters: a formula brings Greek ones into any text. */
const LEAST = 0.3;
const LONGEST = 200;

/** The language of a text by most of its letters, for a voice; `otherwise` where they are Latin. */
export function languageOf(text: string, otherwise: string): string {
  const letters = text.match(/\p{L}/gu) ?? [];
  const share = (script: RegExp) => letters.filter((letter) => script.test(letter)).length / letters.length;
  return SCRIPTS.find(([script]) => share(script) > LEAST)?.[1] ?? otherwise;
}

/** Whole sentences, together at most 200 characters where they are short enough: engines break off longer ones. */
export function spokenPieces(text: string, language: string): string[] {
  const pieces: string[] = [];
  for (const { segment } of new Intl.Segmenter(language, { granularity: "sentence" }).segment(text)) {
    const sentence = segment.replace(/\s+/g, " ").trim();
    if (!sentence) continue;
    const last = pieces.at(-1);
    if (last !== undefined && last.length + sentence.length < LONGEST)
      pieces[pieces.length - 1] = `${last} ${sentence}`;
    else pieces.push(sentence);
  }
  return pieces;
}

/** What of an answer on screen is said: its words, without code, marks of sources and buttons. */
export function wordsOf(body: HTMLElement): string {
  const copy = body.cloneNode(true) as HTMLElement;
  for (const silent of copy.querySelectorAll("[data-nocopy], pre, button, annotation, .katex-html"))
    silent.remove();
  for (const cell of copy.querySelectorAll("td, th")) cell.append(", ");
  for (const block of copy.querySelectorAll("p, li, tr, h3, h4, h5, h6")) block.append("\n");
  return copy.textContent ?? "";
}
