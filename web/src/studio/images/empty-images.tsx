import type { JSX } from 'preact'
import { IMAGES_PATH } from '../../router'
import type { Wish } from '../wish'

/** What to do first, here and from a program; or that nothing matches. */
export function EmptyImages({ wish }: { wish: Wish }): JSX.Element {
  if (wish.text || wish.status)
    return (
      <div class="empty">
        <h2>No image matches</h2>
        <p>Text is looked for in titles.</p>
        <p><a href={IMAGES_PATH}>Show every image</a></p>
      </div>
    )
  const call = `curl ${location.origin}/api/v1/images \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"filename":"beach.jpg","size":2400000,"content_type":"image/jpeg"}'`
  return (
    <div class="empty">
      <h2>No images yet</h2>
      <p>
        Drop some above. They go straight to your storage; smaller ones are made of each as WebP, without camera data, for pages
        to show. What each page shows has an address of its own.
      </p>
      <p>Programs open an upload the same way, send the file to the address in the answer, and complete it:</p>
      <pre tabIndex={0}>{call}</pre>
    </div>
  )
}
