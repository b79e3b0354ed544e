/** A stretch of one text item, in UTF-16 units. */
export interface Stretch {
  item: number;
  start: number;
  end: number;
}

interface Compact {
  text: string;
  places: { item: number; at: number; size: number }[];
}

const ANCHOR = 20;
const MEANS = /[\p{L}\p{N}]/u;

/**
 * Where a quote stands among a page's text items; empty when it does not. Only letters and digits count: the
 * server unwraps lines and joins hyphenated words. A quote that is not there whole is found by its beginning and end.
 */
export function locate(items: readonly string[], quote: string): Stretch[] {
  const page = compact(items);
  const wanted = compact([quote]).text;
  const range = wanted ? rangeOf(page.text, wanted) : null;
  if (!range) return [];
  const stretches: Stretch[] = [];
  for (const place of page.places.slice(range.start, range.end)) {
    const last = stretches.at(-1);
    if (last?.item === place.item) last.end = place.at + place.size;
    else stretches.push({ item: place.item, start: place.at, end: place.at + place.size });
  }
  return stretches;
}

function rangeOf(text: string, wanted: string): { start: number; end: number } | null {
  const whole = text.indexOf(wanted);
  if (whole >= 0) return { start: whole, end: whole + wanted.length };
  if (wanted.length < ANCHOR) return null;
  const head = text.indexOf(wanted.slice(0, ANCHOR));
  const tail = text.indexOf(wanted.slice(-ANCHOR), Math.max(0, head));
  if (head >= 0 && tail >= 0 && tail - head < wanted.length * 2) return { start: head, end: tail + ANCHOR };
  const found = head >= 0 ? head : tail;
  return found >= 0 ? { start: found, end: found + ANCHOR } : null;
}

/** The items as one run of lower-case letters and digits, one place for each of its UTF-16 units. */
function compact(items: readonly string[]): Compact {
  const places: Compact["places"] = [];
  let text = "";
  items.forEach((item, index) => {
    let at = 0;
    for (const character of item) {
      for (const plain of character.normalize("NFKC").toLowerCase()) {
        if (!MEANS.test(plain)) continue;
        text += plain;
        for (let unit = 0; unit < plain.length; unit += 1)
          places.push({ item: index, at, size: character.length });
      }
      at += character.length;
    }
  });
  return { text, places };
}
