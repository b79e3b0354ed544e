import { readFileSync } from "node:fs";
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

// assetsInlineLimit 0: the content security policy forbids data: fonts (KaTeX).
export default defineConfig({
  base: "/static/dist/",
  root: ".",
  publicDir: false,
  plugins: [icons(), svelte(), tailwindcss()],
  build: {
    manifest: "manifest.json",
    outDir: "static/dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2023",
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
