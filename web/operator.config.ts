import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// The operator's page is built beside the page for everybody and shares no file with it: what operators need costs
// nobody else a byte. The same strict policy: nothing inline, every address relative.
export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  plugins: [svelte()],
  build: {
    outDir: here('../src/peerseal/server/static/operator'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: {
      input: { operator: here('src/operator.ts') },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: (asset) =>
          asset.names.some((name) => name.endsWith('.css')) ? 'operator.css' : '[name]-[hash][extname]',
      },
    },
  },
})
