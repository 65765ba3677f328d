import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'

export default {
  preprocess: vitePreprocess(),
  // Fragments are built node by node: no innerHTML, so a strict Trusted Types policy has nothing to allow.
  compilerOptions: { runes: true, fragments: 'tree' },
}
