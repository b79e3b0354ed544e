import { readdirSync, readFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig, type Plugin } from "vite";

const SPRITE = "static/img/icons.svg";

/** `virtual:icons`: icon name → path data, read from the sprite that the server's templates use. */
function icons(): Plugin {
  return {
    name: "icons",
    resolveId: (id) => (id === "virtual:icons" ? "\0icons" : undefined),
    load(id) {
      if (id !== "\0icons") return undefined;
      this.addWatchFile(SPRITE);
      const symbols = readFileSync(SPRITE, "utf8").matchAll(/<symbol id="([^"]+)"[^>]*><path d="([^"]+)"/g);
      return `export default ${JSON.stringify(Object.fromEntries([...symbols].map((found) => [found[1], found[2]])))}`;
    },
  };
}

/** `virtual:pdfjs`: where pdf.js finds what it loads by name (character maps, fonts, decoders), served by us. */
function pdfjs(): Plugin {
  const from = "node_modules/pdfjs-dist";
  const { version } = JSON.parse(readFileSync(`${from}/package.json`, "utf8")) as { version: string };
  const folder = `assets/pdfjs-${version}`;
  let isBuild = false;
  return {
    name: "pdfjs",
    configResolved(config) {
      isBuild = config.command === "build";
    },
    resolveId: (id) => (id === "virtual:pdfjs" ? "\0pdfjs" : undefined),
    load(id) {
      if (id !== "\0pdfjs") return undefined;
      return `export const base = ${JSON.stringify(`/static/dist/${isBuild ? folder : from}/`)}`;
    },
    generateBundle() {
      for (const part of ["cmaps", "standard_fonts", "wasm"]) {
        for (const name of readdirSync(`${from}/${part}`)) {
          if (part === "wasm" && !name.endsWith("_nowasm_fallback.js")) continue;
          const source = readFileSync(`${from}/${part}/${name}`);
          this.emitFile({ type: "asset", fileName: `${folder}/${part}/${name}`, source });
        }
      }
    },
  };
}

// assetsInlineLimit 0: the content security policy forbids data: fonts (KaTeX).
export default defineConfig({
  base: "/static/dist/",
  root: ".",
  publicDir: false,
  plugins: [icons(), pdfjs(), svelte(), tailwindcss()],
  build: {
    manifest: "manifest.json",
    outDir: "static/dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2023",
    chunkSizeWarningLimit: 600,
    cssTarget: ["chrome123", "firefox128", "safari17.5"],
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        chat: "static/src/chat/main.ts",
        site: "static/src/site/main.ts",
      },
    },
  },
  server: { host: "127.0.0.1", port: 5173, strictPort: true, origin: "http://localhost:5173" },
});
