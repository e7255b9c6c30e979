// What a page with Uppy does, as its documentation says; bundled by uppy.test.mjs.

import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'

/** Uploads the file that the page's input holds. */
window.upload = async (companionEndpoint) => {
  const uppy = new Uppy().use(AwsS3, { companionEndpoint })
  const [file] = document.querySelector('input').files
  uppy.addFile({ name: file.name, type: file.type, data: file, meta: { title: 'From Uppy' } })
  const { successful, failed } = await uppy.upload()
  return { uploaded: successful.map((file) => file.response.body), failed: failed.map((file) => file.error) }
}
