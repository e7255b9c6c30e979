// Chromium for one test, and a watch over what it asks for.

import { existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const executablePath = [process.env.CHROMIUM, ...PLACES].find((path) => path && existsSync(path))

/** Why a test that needs these environment variables cannot run here, on one line; `false` when it can. */
export function skipReason(...variables) {
  const missing = variables.filter((name) => !process.env[name])
  if (missing.length > 0) return `skipped: ${missing.join(', ')} not set`
  if (!executablePath) return `skipped: no Chromium at $CHROMIUM, ${PLACES.join(', ')}`
  return false
}

/** The address under test; its origin is the API's. */
export const apiOrigin = process.env.BASE_URL ? new URL(process.env.BASE_URL).origin : ''

const isLoopback = (hostname) => hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')

/**
 * Runs `use(page, seen)` in a fresh browser that is signed in, and cleans up whatever happens.
 * `args` are more switches of Chromium, `profile` is one of `withProfile`, other options Playwright's. `seen` collects: console
 * errors, requests that left this machine, and who served media.
 */
export function withBrowser(use, { args = [], profile, ...options } = {}) {
  const visit = async (profile) => {
    const context = await launch(profile, args, options)
    try {
      const page = context.pages()[0] ?? (await context.newPage())
      const seen = observe(context)
      await page.goto(process.env.SIGN_IN_URL)
      await use(page, seen)
    } finally {
      await context.close()
    }
  }
  return profile ? visit(profile) : withProfile(visit)
}

/** Runs `use(profile)` with an empty folder for what browsers keep: one that is opened on it later is the same to every page. */
export async function withProfile(use) {
  const profile = mkdtempSync(join(tmpdir(), 'telecine-e2e-'))
  try {
    await use(profile)
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** The process of the browser that is open on this profile. */
export function pidOf(profile) {
  return Number(readlinkSync(join(profile, 'SingletonLock')).split('-').at(-1))
}

/** Chromium now and then dies while it starts; a start that failed has tested nothing, so it is tried again. */
async function launch(userData, args, options, triesLeft = 2) {
  try {
    return await chromium.launchPersistentContext(userData, {
      executablePath,
      headless: true,
      viewport: { width: 1280, height: 900 },
      ...options,
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync', ...args,
      ],
    })
  } catch (error) {
    if (triesLeft === 0) throw error
    console.error(`Chromium did not start, trying again: ${String(error).split('\n')[0]}`)
    return launch(userData, args, options, triesLeft - 1)
  }
}

function observe(context) {
  const seen = { errors: [], outside: [], mediaFromApi: [], mediaFromStorage: [] }
  context.on('console', (message) => {
    if (message.type() === 'error') seen.errors.push(`${message.text()} (${message.location().url})`)
  })
  context.on('weberror', (error) => seen.errors.push(String(error.error())))
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && !isLoopback(url.hostname)) seen.outside.push(url.href)
  })
  context.on('response', (response) => {
    const { protocol, origin, pathname } = new URL(response.url())
    const type = response.headers()['content-type'] ?? ''
    // Playlists and manifests are text: they may come from anywhere.
    const isMedia = /^(video|audio)\/|^image\/(jpeg|webp|avif|png)/.test(type) || /\.(m4s|mp4|m4a|jpg)$/.test(pathname)
    // What the page holds itself comes from nobody.
    if (isMedia && protocol.startsWith('http')) (origin === apiOrigin ? seen.mediaFromApi : seen.mediaFromStorage).push(response.url())
  })
  return seen
}
