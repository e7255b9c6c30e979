import type { JSX } from 'preact'

/** What to do first, here and from a program. */
export function EmptyLibrary(): JSX.Element {
  const call = `curl ${location.origin}/api/v1/uploads \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"filename":"clip.mp4","size":1048576,"content_type":"video/mp4"}'`
  return (
    <div class="empty">
      <h3>Nothing here yet</h3>
      <p>Drop a video above. It goes straight to your storage, is made ready for every screen, and appears here.</p>
      <p>Programs open an upload the same way, send the file to the address in the answer, and complete it:</p>
      <pre tabIndex={0}>{call}</pre>
      <p class="quiet">The README has the whole walk from a file to a playing video.</p>
    </div>
  )
}
