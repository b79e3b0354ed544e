import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

// assetsInlineLimit 0: the content security policy forbids data: fonts (KaTeX).
export default defineConfig({
  base: "/static/dist/",
  root: ".",
  publicDir: false,
  plugins: [svelte(), tailwindcss()],
  build: {
    manifest: "manifest.json",
    outDir: "static/dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    rolldownOptions: {
      input: {
        chat: "static/src/chat/main.ts",
        site: "static/src/site/main.ts",
      },
    },
  },
  server: { host: "127.0.0.1", port: 5173, strictPort: true, origin: "http://localhost:5173" },
});
