//! A file's way from upload to playback and to its end.

mod browser;
mod bytes;
mod captions;
mod chaos;
mod chunks;
mod clients;
mod crash;
mod delete;
mod expire;
mod foreign;
mod growing;
mod hostile;
mod integrity;
mod jobs_on_redis;
mod lanes;
mod plays;
mod purge;
mod reconcile;
mod reprocess;
mod verify;
mod watermark;
mod workers;
