//! Addresses that users name lead to the public internet and to nothing else, however they are written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use telecine_outbound::{Limits, Lookup, Names, Outbound, OutboundConfig, OutboundError};
use telecine_tests::origin::{Origin, Received, Reply};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

const LIMITS: Limits =
    Limits { max_bytes: 1000, total: Duration::from_secs(20), idle: Duration::from_secs(5) };

/// Hosts, in every notation that parsers of addresses are known to take, and that must not be reached. What is no host
/// for ours is refused as well.
const HOSTS: [&str; 79] = [
    // This machine.
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0X7F.0X1",
    "017700000001",
    "0177.0.0.1",
    "0177.1",
    "00000177.0.0.01",
    "127.0x0.0.1",
    "127.0.0.1%2f",
    "%31%32%37.0.0.1",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127.0.0.1\u{ad}",
    "0",
    "0.0.0.0",
    "0x0",
    "0.0.0.1",
    "localhost",
    "LocalHost",
    "localhost.",
    "ｌｏｃａｌｈｏｓｔ",
    "lo\u{ad}calhost",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    // An address of IPv4 in one of IPv6: mapped, translated, NAT64, 6to4, Teredo.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::1]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:7f00:1::]",
    // What clouds tell their machines.
    "169.254.169.254",
    "169.254.43518",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "192.0.0.192",
    // Networks of somebody's own, and no networks.
    "10.0.0.1",
    "10.1",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1",
    "3232235521",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fec0::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[100::1]",
    "[2001:db8::1]",
];

/// Whole addresses that are none of ours to fetch. `PORT` is where something listens.
const ADDRESSES: [&str; 27] = [
    "ftp://127.0.0.1:PORT/",
    "sftp://127.0.0.1:PORT/",
    "tftp://127.0.0.1:PORT/a",
    "gopher://127.0.0.1:PORT/_GET%20/",
    "dict://127.0.0.1:PORT/d:a",
    "ldap://127.0.0.1:PORT/",
    "ws://127.0.0.1:PORT/",
    "wss://127.0.0.1:PORT/",
    "smb://127.0.0.1:PORT/a",
    "redis://127.0.0.1:PORT/",
    "unix:/run/a.sock",
    "file:///etc/passwd",
    "file://127.0.0.1:PORT/etc/passwd",
    "jar:http://127.0.0.1:PORT/!/",
    "view-source:http://127.0.0.1:PORT/",
    "data:text/plain,a",
    "javascript:fetch('http://127.0.0.1:PORT/')",
    "blob:http://127.0.0.1:PORT/a",
    "about:blank",
    "http://example.com@127.0.0.1:PORT/",
    "http://user:word@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT@example.com/",
    "http://example.com:25/",
    "http://example.com:22/",
    "https://example.com:6379/",
    "http://127.0.0.1:PORT\\@example.com:11211/",
    "http:127.0.0.1:PORT/",
];

/// Listens on both loopback addresses, on one port, and counts who comes.
struct Trap {
    port: u16,
    visits: Arc<AtomicUsize>,
    listening: Vec<JoinHandle<()>>,
}

impl Trap {
    async fn set() -> Self {
        let visits = Arc::new(AtomicUsize::new(0));
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = first.local_addr().unwrap().port();
        // Machines without IPv6 have nothing to be reached there.
        let second = TcpListener::bind(("::1", port)).await.ok();
        let listen = |listener: TcpListener| {
            let visits = visits.clone();
            tokio::spawn(async move {
                while listener.accept().await.is_ok() {
                    visits.fetch_add(1, Ordering::SeqCst);
                }
            })
        };
        let listening = [Some(first), second].into_iter().flatten().map(listen).collect();
        Self { port, visits, listening }
    }

    fn config(&self, allowed: &Origin) -> OutboundConfig {
        OutboundConfig { allow_private_hosts: vec![allowed.place()], ports: vec![self.port.to_string()] }
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.listening.iter().for_each(JoinHandle::abort);
    }
}

fn hostile(port: u16) -> Vec<String> {
    let hosts = HOSTS.iter().map(|host| format!("http://{host}:{port}/"));
    let addresses = ADDRESSES.iter().map(|address| address.replace("PORT", &port.to_string()));
    hosts.chain(addresses).collect()
}

/// Names that all lead here, whatever the name servers of this machine say.
#[derive(Debug)]
struct Home;

impl Names for Home {
    fn look_up(&self, _name: &str) -> Lookup {
        Box::pin(async { Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]) })
    }
}

async fn code(outbound: &Outbound, url: &Url) -> &'static str {
    outbound.fetch(url, LIMITS, Timestamp::UNIX_EPOCH).await.map_or_else(|error| error.code(), |_| "ok")
}

#[tokio::test]
async fn no_notation_of_an_address_leads_into_the_own_network() {
    let trap = Trap::set().await;
    let origin = Origin::start(|_| async { Reply::ok("") }).await;
    let outbound = Outbound::with_names(&trap.config(&origin), Arc::new(Home)).unwrap();
    let hostile = hostile(trap.port);
    assert!(hostile.len() >= 100);
    for address in hostile {
        // What is no address at all is refused where it is typed in.
        let Ok(url) = Url::parse(&address) else { continue };
        let code = code(&outbound, &url).await;
        assert!(["private_address", "invalid_url"].contains(&code), "{address}: {code}");
    }
    assert_eq!(trap.visits.load(Ordering::SeqCst), 0, "nobody was connected to");
}

#[tokio::test]
async fn no_redirect_leads_into_the_own_network() {
    let trap = Trap::set().await;
    let mut hostile = hostile(trap.port);
    // Without slashes it is a path, on the server that redirects.
    hostile.retain(|address| !address.starts_with("http:1"));
    let targets = hostile.clone();
    let origin = Origin::start(move |request: Received| {
        let target = targets[request.path.trim_start_matches('/').parse::<usize>().unwrap()].clone();
        async move { Reply::redirect(&target) }
    })
    .await;
    let outbound = Outbound::with_names(&trap.config(&origin), Arc::new(Home)).unwrap();
    for (number, address) in hostile.iter().enumerate() {
        let code = code(&outbound, &origin.at(&number.to_string())).await;
        assert!(["private_address", "invalid_url"].contains(&code), "{address}: {code}");
    }
    assert_eq!(trap.visits.load(Ordering::SeqCst), 0, "nobody was connected to");
}

/// A name server under which the same name leads elsewhere each time that it is asked.
#[derive(Debug)]
struct Rebinding {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<usize>,
}

impl Names for Rebinding {
    fn look_up(&self, _name: &str) -> Lookup {
        let mut asked = self.asked.lock().unwrap();
        let answer = self.answers[*asked % self.answers.len()].clone();
        *asked += 1;
        Box::pin(async move { Ok(answer) })
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_checked_each_time_that_it_is_connected_to() {
    let trap = Trap::set().await;
    let origin = Origin::start(|_| async { Reply::ok("") }).await;
    let answers = [
        &["127.0.0.1"][..],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["10.0.0.1", "127.0.0.1"],
        &["169.254.169.254", "64:ff9b::7f00:1"],
    ];
    let answers = answers.iter().map(|all| all.iter().map(|one| one.parse().unwrap()).collect()).collect();
    let names = Arc::new(Rebinding { answers, asked: Mutex::default() });
    let outbound = Outbound::with_names(&trap.config(&origin), names.clone()).unwrap();
    let url: Url = format!("http://rebinding.example:{}/", trap.port).parse().unwrap();
    for _ in 0..10 {
        let refused = outbound.fetch(&url, LIMITS, Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert!(matches!(refused, OutboundError::Private { .. }), "{refused}");
    }
    assert_eq!(*names.asked.lock().unwrap(), 10, "what was checked is what is connected to");
    assert_eq!(trap.visits.load(Ordering::SeqCst), 0, "nobody was connected to");
}
