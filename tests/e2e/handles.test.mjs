import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser, withProfile } from './browser.mjs'
import { dropFiles } from './drop.mjs'
import { watchParts } from './parts.mjs'

const TIMEOUT_MS = 300_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'BIG_CLIP')
if (skip) console.log(skip)

test('a file that was dropped is asked for once more on a click, and is looked for where reading it is refused', { skip }, () =>
  withBrowser(async (page, seen) => {
    await page.addInitScript(refusePermission)
    await page.reload()
    const { parts, isLookedFor } = await setUp(page)
    parts.letThrough(3)
    await dropFiles(page, page.locator('.drop-zone'), [process.env.BIG_CLIP])
    await parts.until(3)
    await page.reload()
    const arrived = parts.arrived()
    assert.equal((await kept(page)).length, 1, 'it is known where the file is')
    parts.letThrough(Infinity)
    const choosing = page.waitForEvent('filechooser')
    assert.deepEqual(await page.evaluate(() => globalThis.asked), [], 'nobody is asked who has not clicked')
    assert.equal(isLookedFor(), false)
    await goOn(page)
    const chooser = await choosing
    assert.deepEqual(await page.evaluate(() => globalThis.asked), ['read'])
    await chooser.setFiles(process.env.BIG_CLIP)
    await page.locator('.row[data-state=ready]').waitFor()
    for (const number of arrived) assert.equal(parts.times(number), 1, `part ${number} was not sent again`)
    assert.deepEqual(await kept(page), [], 'the handle is forgotten')
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

test('an upload goes on in a browser that is opened again without looking for its file', { skip }, () =>
  withProfile(async (profile) => {
    let arrived
    await withBrowser(async (page) => {
      await page.addInitScript(pickOwnFile)
      await page.reload()
      const { parts, isLookedFor } = await setUp(page)
      await page.evaluate(() => document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'own' })))
      await page.locator('#own').setInputFiles(process.env.BIG_CLIP)
      await page.evaluate(storeOwnFile)
      parts.letThrough(3)
      await page.getByRole('button', { name: 'Choose files' }).click()
      await parts.until(3)
      assert.equal(isLookedFor(), false, 'the picker that gives handles was used')
      arrived = parts.arrived()
    }, { profile })

    await withBrowser(async (page, seen) => {
      const { parts, isLookedFor } = await setUp(page)
      parts.letThrough(Infinity)
      await goOn(page)
      await page.locator('.row[data-state=ready]').waitFor()
      assert.equal(isLookedFor(), false)
      for (const number of arrived) assert.equal(parts.times(number), undefined, `part ${number} was not sent again`)
      assert.equal(parts.arrived().length, 12 - arrived.length)
      assert.deepEqual(await kept(page), [], 'the handle is forgotten')
      assert.deepEqual(seen.errors, [], 'errors on the console')
    }, { profile })
  }),
)

async function setUp(page) {
  page.setDefaultTimeout(TIMEOUT_MS)
  page.on('dialog', (dialog) => dialog.accept())
  let isLookedFor = false
  page.on('filechooser', () => (isLookedFor = true))
  return { parts: await watchParts(page.context()), isLookedFor: () => isLookedFor }
}

const goOn = (page) => page.getByRole('list', { name: 'Interrupted uploads' }).getByRole('button', { name: 'Go on' }).click()

/** What the page keeps of files. */
function kept(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open('telecine', 1)
    opening.onsuccess = () => {
      const all = opening.result.transaction('handles').objectStore('handles').getAllKeys()
      all.onsuccess = () => resolve(all.result)
    }
  }))
}

/** Nobody is there to choose in the browser's dialogue: a file that the page itself owns is chosen, which has a handle like others. Runs in the page. */
function pickOwnFile() {
  globalThis.showOpenFilePicker = async () => {
    const folder = await navigator.storage.getDirectory()
    return [await folder.getFileHandle('big.mp4')]
  }
}

/** Runs in the page. */
async function storeOwnFile() {
  const [file] = document.querySelector('#own').files
  const folder = await navigator.storage.getDirectory()
  const handle = await folder.getFileHandle(file.name, { create: true })
  await file.stream().pipeTo(await handle.createWritable())
}

/** Nor to permit reading: a browser without a window never answers. Runs in the page. */
function refusePermission() {
  globalThis.asked = []
  FileSystemHandle.prototype.requestPermission = async ({ mode }) => {
    globalThis.asked.push(mode)
    return 'denied'
  }
}
