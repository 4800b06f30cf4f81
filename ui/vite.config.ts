import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 1500, reportCompressedSize: false },
  // While one works on the pages: npm run dev, with `bellwether serve` beside it.
  server: { proxy: { "/api": { target: "http://127.0.0.1:7878", changeOrigin: true } } },
});
