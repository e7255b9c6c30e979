import '../../styles/rooms.css'
export { CachePage } from './cache-page'
