//! Names into addresses. The connector gets exactly the addresses that were checked here: a name that resolves to
//! something else a moment later changes nothing.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::is_public;

/// A name server that has not answered by then does not answer.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// The addresses of a name, or why there are none.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Where names are looked up.
pub trait Names: fmt::Debug + Send + Sync {
    /// Begins to look a name up.
    fn look_up(&self, name: &str) -> Lookup;
}

/// The system's own way: its hosts file and its name servers.
#[derive(Debug)]
pub(crate) struct SystemNames;

impl Names for SystemNames {
    fn look_up(&self, name: &str) -> Lookup {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Keeps public addresses only.
#[derive(Debug)]
pub(crate) struct PublicOnly(pub(crate) Arc<dyn Names>);

/// A name with private addresses only.
#[derive(Debug, thiserror::Error)]
#[error("the name leads into a private network")]
pub(crate) struct PrivateName;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let looked_up = tokio::time::timeout(RESOLVE_TIMEOUT, self.0.look_up(name.as_str()));
        Box::pin(async move {
            let found = looked_up.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            Ok(Box::new(public_of(&found)?.into_iter()) as Addrs)
        })
    }
}

/// What may be connected to, of what a name leads to.
fn public_of(found: &[IpAddr]) -> Result<Vec<SocketAddr>, PrivateName> {
    let public = found.iter().filter(|address| is_public(**address));
    let public: Vec<SocketAddr> = public.map(|address| SocketAddr::new(*address, 0)).collect();
    if public.is_empty() && !found.is_empty() { Err(PrivateName) } else { Ok(public) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_name_with_addresses_of_both_kinds_the_public_ones_are_used() {
        let public = |addresses: &[&str]| {
            let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
            public_of(&addresses)
                .map(|public| public.iter().map(|one| one.ip().to_string()).collect::<Vec<_>>())
        };
        assert_eq!(public(&["127.0.0.1", "8.8.8.8", "::1"]).unwrap(), ["8.8.8.8"]);
        assert!(public(&["127.0.0.1", "::1", "::ffff:8.8.8.8"]).is_err());
        assert!(public(&[]).unwrap().is_empty());
    }
}
