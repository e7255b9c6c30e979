import { TelecinePlayer } from './player/element'

// A page may load this file twice, through its own script and an embedded one.
if (!customElements.get('telecine-player')) customElements.define('telecine-player', TelecinePlayer)

export { TelecinePlayer }
