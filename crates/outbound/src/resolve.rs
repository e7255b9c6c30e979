//! Names into addresses. The connector gets exactly the addresses that were checked here: a name that resolves to
//! something else a moment later changes nothing.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::is_public;

/// A name server that has not answered by then does not answer.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Resolves like the system, and keeps public addresses only.
#[derive(Debug)]
pub(crate) struct PublicOnly;

/// A name with private addresses only.
#[derive(Debug, thiserror::Error)]
#[error("the name leads into a private network")]
pub(crate) struct PrivateName;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let looked_up =
                tokio::time::timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host((name.as_str(), 0)));
            let found: Vec<SocketAddr> =
                looked_up.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??.collect();
            let public: Vec<SocketAddr> =
                found.iter().copied().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() && !found.is_empty() {
                return Err(PrivateName.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
