import { expect, test, vi } from 'vitest'

vi.stubGlobal('location', { pathname: '/', search: '' })
vi.stubGlobal('document', { addEventListener: () => {} })
const { embedCode } = await import('./sharing')

test('the embed code keeps the shape of the video, and a title cannot leave its place', () => {
  const links = { watch: '', embed: 'https://v.example/embed/1?token=a&b' }
  const code = embedCode({ title: '"><script>', links, width: 1080, height: 1920 })
  expect(code).toContain('src="https://v.example/embed/1?token=a&#38;b"')
  expect(code).toContain('title="&#34;&#62;&#60;script&#62;"')
  expect(code).toContain('aspect-ratio: 1080 / 1920')
  expect(embedCode({ title: 't', links, width: null, height: null })).toContain('aspect-ratio: 16 / 9')
})
