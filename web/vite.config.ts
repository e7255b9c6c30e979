import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { defineConfig, type EnvironmentOptions, type Plugin } from 'vite'

// Inside the crate that serves it: `cargo package` takes only what lies in the crate's own folder.
const OUT = '../crates/api/dist'

// Bytes after gzip. Whoever needs more says so here.
const BUDGETS: Record<string, number> = {
  'assets/app.js': 40_000, 'assets/player.js': 16_000, 'assets/uploader.js': 24_000, 'assets/embed.js': 3_000,
  'assets/rooms.js': 4_000, 'assets/images.js': 6_000, 'assets/cache.js': 6_000, 'assets/movies.js': 5_000, 'assets/queues.js': 12_000,
}

function checkBudgets(): void {
  for (const [file, budget] of Object.entries(BUDGETS)) {
    const size = gzipSync(readFileSync(`${OUT}/${file}`), { level: 9 }).length
    if (size > budget) throw new Error(`${file} is ${size} bytes after gzip, above its budget of ${budget}`)
  }
}

// The server sends these to browsers that accept br; it never compresses by itself.
function compress(): void {
  for (const file of readdirSync(OUT, { recursive: true, encoding: 'utf8' }).sort())
    if (/\.(js|css|html|svg)$/.test(file))
      writeFileSync(`${OUT}/${file}.br`, brotliCompressSync(readFileSync(`${OUT}/${file}`)))
}

// A build each, because other people's pages load player.js and uploader.js: they are single files without imports.
const separateBuilds: Plugin = {
  name: 'separate-builds',
  apply: 'build',
  async buildApp(builder) {
    for (const name of ['client', 'player', 'uploader', 'embed']) {
      const environment = builder.environments[name]
      if (environment) await builder.build(environment)
    }
    checkBudgets()
    compress()
    // The same files as packages for npm.
    for (const name of ['player', 'uploader']) copyFileSync(`${OUT}/assets/${name}.js`, `packages/${name}/${name}.js`)
  },
}

// Names are stable, so that a rebuild shows up as a change of contents; the server sends ETags and no-cache.
const stableNames = {
  entryFileNames: 'assets/[name].js',
  chunkFileNames: 'assets/[name].js',
  assetFileNames: 'assets/[name][extname]',
}

// What several rooms share and the first page does not need is one file. Exports keep their names: a tab may be older than the
// room that it enters, and must not take one thing for another.
const shared = {
  groups: [{ name: 'rooms', test: /src\/(studio\/(wish|use-list|use-one|list-search|list-foot)|ui\/(moment|picture)|player\/thumbhash|use-throttled|throttle|now)\.tsx?$|src\/styles\/rooms\.css$/ }],
  includeDependenciesRecursively: false,
}

/** One file, and its style sheet if it has one, beside those of the page. */
const single = (name: string): EnvironmentOptions => ({
  consumer: 'client',
  build: {
    emptyOutDir: false,
    copyPublicDir: false,
    rolldownOptions: { input: { [name]: `src/${name}.ts` }, output: stableNames },
  },
})

export default defineConfig({
  plugins: [separateBuilds],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The first with light-dark(), of spring 2024: what is written for older ones in its place does not follow the page around an element.
  build: { target: 'es2022', cssTarget: ['chrome123', 'firefox120', 'safari17.5'], modulePreload: { polyfill: false }, assetsInlineLimit: 0, outDir: OUT },
  environments: {
    client: { build: { emptyOutDir: true, rolldownOptions: { input: { app: 'index.html' }, output: { ...stableNames, codeSplitting: shared, minifyInternalExports: false } } } },
    player: single('player'),
    uploader: single('uploader'),
    embed: single('embed'),
  },
  builder: {},
  // `npm run dev` shows the sources over a running server; sign in at the address the server prints, host and port replaced.
  // The name of the host stays, by which the server knows its own pages.
  server: { proxy: { '/api': { target: process.env.TELECINE_URL ?? 'http://127.0.0.1:3001', changeOrigin: false } } },
})
