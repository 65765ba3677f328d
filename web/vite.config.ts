import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const serviceWorker = here('src/sw.ts')

// The page is served under a strict content security policy (no inline script or style, nothing from
// `data:`), below any path a reverse proxy chooses: so nothing is inlined and every address is relative.
export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [svelte()],
  worker: {
    format: 'es',
    rolldownOptions: { output: { entryFileNames: 'assets/[name]-[hash].js' } },
  },
  build: {
    outDir: here('../src/peerseal/server/static'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    manifest: 'vite-manifest.json',
    sourcemap: false,
    rolldownOptions: {
      // A service worker must keep one fixed name, so it is an entry of its own and never hashed.
      input: { app: here('src/app.ts'), ...(existsSync(serviceWorker) ? { sw: serviceWorker } : {}) },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: (asset) =>
          asset.names.some((name) => name.endsWith('.css')) ? 'app.css' : 'assets/[name]-[hash][extname]',
      },
    },
  },
  test: {
    environment: 'node',
    include: ['{src,tests}/**/*.test.ts'],
    passWithNoTests: true,
    testTimeout: 60_000,
    maxWorkers: '100%', // of the processors; left alone, it keeps one free for who watches
  },
})
