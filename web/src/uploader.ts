import { TelecineUploader } from './uploader/element'

// A page may load this file twice.
if (!customElements.get('telecine-uploader')) customElements.define('telecine-uploader', TelecineUploader)

export { TelecineUploader }
