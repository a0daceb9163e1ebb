// The pictures of a cell: paths, base64, data URIs, bytes, {bytes, path}, and lists of these, however they are written.
import type {ImageRef, Orientation} from '../../core/sample.js'
import type {TableRow} from './table.js'

export interface PicturePlaces {
  /** Folder where relative paths start and stay. */
  readonly folder: string
  /** Folder for absolute paths, paths that leave `folder`, and missing ones (`--image-root`). */
  readonly imageRoot?: string | undefined
  /** How the loader of the format treats an EXIF orientation (default: `ignore`). */
  readonly orientation?: Orientation
}

/**
 * The pictures of the cell in `column`, in their order; none when the cell is empty. Nothing is read: a missing or
 * broken picture throws when its bytes are asked for. `source` names file, row and column, or the path.
 * Throws LanternError `bad-file`, naming file, row and column, for a cell that is none of the forms.
 */
export function pictureRefs(row: TableRow, column: string, places: PicturePlaces): ImageRef[] {
  throw new Error(`not written yet: ${row.where} ${column} ${places.folder}`)
}
