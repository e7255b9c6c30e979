//! `/api/v1/upload-queue`: uploads that happen in the background, in the shape that existing clients know.

pub(super) mod status;
