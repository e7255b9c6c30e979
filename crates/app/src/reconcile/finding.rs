//! What reconciling finds.

use std::fmt;

use serde::Serialize;

/// How storage and ledger disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// An object that nothing needs; fixed by deleting it.
    Orphan,
    /// An object that is needed and not written down; fixed by writing it down.
    Unrecorded,
    /// An object that is needed and not there.
    Missing,
    /// An object whose size is not the recorded one.
    Mismatched,
    /// A line of the ledger without an object that anything needs; fixed by striking it off.
    StaleRecord,
    /// A multipart upload that nobody will complete; fixed by aborting it.
    StaleUpload,
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Orphan => "orphan",
            Self::Unrecorded => "unrecorded",
            Self::Missing => "missing",
            Self::Mismatched => "mismatched",
            Self::StaleRecord => "stale record",
            Self::StaleUpload => "stale upload",
        })
    }
}

/// One disagreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How they disagree.
    pub kind: FindingKind,
    /// The object.
    pub key: String,
    /// Bytes in storage, or as recorded when storage has nothing.
    pub size: u64,
    /// What a person should know or do.
    pub detail: String,
    /// Whether it has been put right.
    pub fixed: bool,
    /// Names the multipart upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
}

impl Finding {
    pub(super) fn new(kind: FindingKind, key: &str, size: u64, detail: impl Into<String>) -> Self {
        Self { kind, key: key.to_owned(), size, detail: detail.into(), fixed: false, upload_id: None }
    }
}

/// The result of a comparison.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Objects of ours in storage.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects whose keys are not ours; left alone.
    pub foreign: u64,
    /// What disagrees.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether most objects look orphaned, which is what another deployment's bucket or database looks like.
    #[must_use]
    pub fn is_mostly_orphaned(&self) -> bool {
        let orphans =
            self.findings.iter().filter(|finding| finding.kind == FindingKind::Orphan).count() as u64;
        orphans * 2 > self.objects
    }

    /// How many disagreements are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.findings.iter().filter(|finding| !finding.fixed).count()
    }
}
