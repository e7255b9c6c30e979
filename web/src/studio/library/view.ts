import { remembered } from '../../remembered'

export type View = 'grid' | 'list'

/** How the library shows its videos. */
export const view = remembered<View>('library.view', ['grid', 'list'])
