import { base } from "virtual:pdfjs";
import {
  GlobalWorkerOptions,
  getDocument,
  type PDFDocumentLoadingTask,
  VerbosityLevel,
} from "pdfjs-dist/legacy/build/pdf.mjs";
import workerUrl from "pdfjs-dist/legacy/build/pdf.worker.min.mjs?url";

let worker: Worker | null = null;

/** Opens a PDF of ours. Everything that pdf.js loads is from this origin; WebAssembly is off, as the policy has it. */
export function openPdf(url: string): PDFDocumentLoadingTask {
  worker ??= startWorker();
  GlobalWorkerOptions.workerPort = worker;
  return getDocument({
    url,
    withCredentials: true,
    cMapUrl: `${base}cmaps/`,
    standardFontDataUrl: `${base}standard_fonts/`,
    wasmUrl: `${base}wasm/`,
    useWasm: false,
    verbosity: VerbosityLevel.ERRORS,
    enableXfa: false,
    stopAtErrors: false,
  });
}

/** Starts the one script that may run as a worker: trusted types let no other address through. */
function startWorker(): Worker {
  const address = new URL(workerUrl, location.href).href;
  const policy = window.trustedTypes?.createPolicy("pdf-worker", {
    createScriptURL: (wanted) => {
      if (wanted !== address) throw new TypeError("Only the PDF worker may start.");
      return wanted;
    },
  });
  const trusted = policy ? (policy.createScriptURL(address) as unknown as string) : address;
  return new Worker(trusted, { type: "module", name: "pdf" });
}
