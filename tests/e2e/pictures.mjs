// Pictures for tests, drawn by the browser: a hill under a sun, in a colour of its own.

/** The bytes of a picture. `hue` is an angle, 0 to 360. */
export async function drawn(page, { width = 1600, height = 1200, hue = 200, type = 'image/jpeg' } = {}) {
  const base64 = await page.evaluate(async ({ width, height, hue, type }) => {
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext('2d')
    const sky = context.createLinearGradient(0, 0, 0, height)
    sky.addColorStop(0, `hsl(${hue} 70% 45%)`)
    sky.addColorStop(1, `hsl(${hue + 40} 80% 85%)`)
    context.fillStyle = sky
    context.fillRect(0, 0, width, height)
    context.fillStyle = `hsl(${hue + 180} 80% 75%)`
    context.beginPath()
    context.arc(width * 0.7, height * 0.35, height * 0.12, 0, 7)
    context.fill()
    context.fillStyle = `hsl(${hue - 60} 45% 28%)`
    context.beginPath()
    context.moveTo(0, height)
    for (let x = 0; x <= width; x += width / 64) context.lineTo(x, height * (0.7 + 0.12 * Math.sin((x / width) * 7 + hue)))
    context.lineTo(width, height)
    context.fill()
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type, quality: 0.92 })).arrayBuffer())
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte)
    return btoa(text)
  }, { width, height, hue, type })
  return Buffer.from(base64, 'base64')
}

/** Waits until every picture that matches is painted. */
export function painted(page, selector) {
  return page.waitForFunction((selector) => {
    const all = [...document.querySelectorAll(selector)]
    return all.length > 0 && all.every((one) => one.complete && one.naturalWidth > 0)
  }, selector)
}
