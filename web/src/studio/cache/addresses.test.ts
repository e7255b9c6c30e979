import { expect, test } from 'vitest'
import { addressesIn, partsOf } from './addresses'

test('addresses are taken line by line, each once', () => {
  const text = ' https://a.example/1.jpg\r\n\n\thttps://b.example/2 https://a.example/1.jpg\n'
  expect(addressesIn(text)).toEqual(['https://a.example/1.jpg', 'https://b.example/2'])
  expect(addressesIn(' \n ')).toEqual([])
})

test('an address is read from its host', () => {
  expect(partsOf('https://media.example:8080/a/b?c=d')).toEqual(['media.example:8080', '/a/b?c=d'])
  expect(partsOf('nothing of the web')).toEqual(['', 'nothing of the web'])
})
