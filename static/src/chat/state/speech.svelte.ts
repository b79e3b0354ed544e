import { languageOf, spokenPieces } from "../lib/speaking";

const VOICES_MS = 1000;

/** Reads one answer at a time, only with voices of this device: what is read leaves it for no service. */
class Speech {
  readonly isPossible = "speechSynthesis" in window;
  /** The key of the turn that is read. */
  reading = $state<string | null>(null);
  /** Kept while they are said: Chromium forgets the end of an utterance that nobody holds. */
  private said: SpeechSynthesisUtterance[] = [];

  constructor() {
    addEventListener("pagehide", () => this.stop());
  }

  /** Begins with a turn's words; false where the device has no voice of its own for their language. */
  async start(key: string, text: string): Promise<boolean> {
    this.stop();
    const language = languageOf(text, navigator.language);
    const voice = voiceFor(await voices(), language);
    if (!voice) return false;
    const said = spokenPieces(text, language).map((piece) => {
      const utterance = new SpeechSynthesisUtterance(piece);
      utterance.voice = voice;
      utterance.lang = voice.lang;
      return utterance;
    });
    const end = () => {
      if (this.said === said) this.stop();
    };
    for (const utterance of said) utterance.onerror = end;
    const last = said.at(-1);
    if (last) last.onend = end;
    this.said = said;
    this.reading = last ? key : null;
    for (const utterance of said) speechSynthesis.speak(utterance);
    return true;
  }

  stop(): void {
    if (this.reading === null) return;
    this.reading = null;
    this.said = [];
    speechSynthesis.cancel();
  }
}

/** The browser's voices; it may need a moment to find them the first time. */
function voices(): Promise<SpeechSynthesisVoice[]> {
  const found = speechSynthesis.getVoices();
  if (found.length) return Promise.resolve(found);
  return new Promise((resolve) => {
    const done = () => resolve(speechSynthesis.getVoices());
    speechSynthesis.addEventListener("voiceschanged", done, { once: true });
    setTimeout(done, VOICES_MS);
  });
}

function voiceFor(found: SpeechSynthesisVoice[], language: string): SpeechSynthesisVoice | undefined {
  const tongue = (tag: string) => tag.split(/[-_]/)[0];
  const local = found.filter((voice) => voice.localService && tongue(voice.lang) === tongue(language));
  return local.find((voice) => voice.lang === language) ?? local.find((voice) => voice.default) ?? local[0];
}

export const speech = new Speech();
