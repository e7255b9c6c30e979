import { expect, test } from 'vitest'
import { refusal, typeOf } from './check'

const limits = { max_size: 1000, content_types: ['video/*', 'audio/*', 'image/gif', 'application/octet-stream'] }
const file = (name: string, type: string, size = 10) => ({ name, type, size })

test('videos pass, whatever the browser takes them for', () => {
  for (const good of [file('a.mp4', 'video/mp4'), file('a.mp3', 'audio/mpeg'), file('a.gif', 'image/gif'), file('a.mkv', ''), file('a.ts', 'text/vnd.trolltech.linguist'), file('noname', '')])
    expect(refusal(good, limits), good.name).toBe(null)
  expect(typeOf(file('a.ts', 'text/plain'))).toBe('application/octet-stream')
})

test('what the server would refuse is refused before it is sent', () => {
  expect(refusal(file('a.mp4', 'video/mp4', 0), limits)).toBe('The file is empty.')
  expect(refusal(file('a.mp4', 'video/mp4', 1001), limits)).toBe('The file has 1.0 kB; this server takes up to 1.0 kB.')
  expect(refusal(file('a.pdf', 'application/pdf'), limits)).toBe('This is an application/pdf file; this server takes videos and sound.')
  expect(refusal(file('a.png', 'image/png'), limits)).toBe('This is an image/png file; this server takes videos and sound.')
})
