// Files dropped from the desktop.

/** Drops files in the middle of what is shown at this place. */
export async function dropFiles(page, place, files) {
  const { x, y, width, height } = await place.boundingBox()
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'])
    await session.send('Input.dispatchDragEvent', { type, x: x + width / 2, y: y + height / 2, data })
  await session.detach()
}
