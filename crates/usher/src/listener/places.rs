//! Places for connections. There are so many for all, and a share of them for each address; a newcomer
//! always gets one, and the connection that has been of no use for the longest time gives its place up.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use tokio::sync::Notify;

/// How many connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Altogether.
    pub all: usize,
    /// From one address.
    pub share: usize,
}

impl Room {
    /// As many as the process may open files for, beside those that the store and the mail need.
    pub fn of_files(files: u64) -> Self {
        const MOST: usize = 4_096;
        const OTHERS: usize = 128;
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let all = files.saturating_sub(OTHERS).max(files / 2).clamp(16, MOST);
        Self {
            all,
            share: (all / 8).max(8),
        }
    }
}

/// All places of the process.
#[derive(Debug)]
pub struct Places {
    room: Room,
    proxies: Vec<IpNet>,
    begun: Instant,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    count: usize,
    next: u64,
    groups: HashMap<Group, HashMap<u64, Arc<Seat>>>,
}

/// Whose connections are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Group {
    /// Listed proxies: what comes through them is many people's.
    Proxies,
    /// One address, or the /64 of one customer.
    Address(IpAddr),
}

/// What is known of a connection.
#[derive(Debug, Default)]
pub struct Seat {
    /// When it last got a whole head, or had bytes of an answer taken, in milliseconds.
    useful: AtomicU64,
    /// Told when its place is given to another.
    ended: Notify,
}

/// One connection's place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    group: Group,
    number: u64,
    seat: Arc<Seat>,
}

impl Places {
    /// Places for connections, with the proxies that take no share.
    pub fn new(room: Room, proxies: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self {
            room,
            proxies,
            begun: Instant::now(),
            taken: Mutex::default(),
        })
    }

    /// Takes a place, if need be another connection's.
    pub fn take(self: &Arc<Self>, peer: IpAddr) -> Place {
        let group = self.group(peer);
        let seat = Arc::new(Seat::default());
        seat.useful.store(self.now(), Ordering::Relaxed);
        let mut taken = self.taken();
        let own = taken.groups.get(&group).map_or(0, HashMap::len);
        if group != Group::Proxies && own >= self.room.share {
            taken.free_one_of(group);
        } else if taken.count >= self.room.all
            && let Some(largest) = taken.largest()
        {
            taken.free_one_of(largest);
        }
        let number = taken.next;
        taken.next += 1;
        taken.count += 1;
        let seats = taken.groups.entry(group).or_default();
        seats.insert(number, Arc::clone(&seat));
        Place {
            places: Arc::clone(self),
            group,
            number,
            seat,
        }
    }

    /// Frees a place because the process has run out of files.
    pub fn free_one(&self) {
        let mut taken = self.taken();
        if let Some(largest) = taken.largest() {
            taken.free_one_of(largest);
        }
    }

    fn group(&self, peer: IpAddr) -> Group {
        let peer = peer.to_canonical();
        if self.proxies.iter().any(|net| net.contains(&peer)) {
            return Group::Proxies;
        }
        Group::Address(match peer {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Taken {
    /// Who has the most connections; proxies only when there is no one else.
    fn largest(&self) -> Option<Group> {
        let groups = self.groups.iter();
        groups
            .max_by_key(|(group, seats)| (**group != Group::Proxies, seats.len()))
            .map(|(group, _)| *group)
    }

    /// Ends the least useful connection of a group. It is forgotten at once, so that its place is free
    /// also while its task has not come to run.
    fn free_one_of(&mut self, group: Group) {
        let Some(seats) = self.groups.get_mut(&group) else {
            return;
        };
        let least = seats
            .iter()
            .min_by_key(|(number, seat)| (seat.useful.load(Ordering::Relaxed), **number))
            .map(|(number, _)| *number);
        if let Some(seat) = least.and_then(|number| seats.remove(&number)) {
            self.count -= 1;
            seat.ended.notify_one();
        }
    }
}

impl Place {
    /// What counts the connection's use.
    pub fn meter(&self) -> Meter {
        Meter {
            places: Arc::clone(&self.places),
            seat: Arc::clone(&self.seat),
        }
    }

    /// Waits until the place is given to another connection.
    pub async fn ended(&self) {
        self.seat.ended.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        let Some(seats) = taken.groups.get_mut(&self.group) else {
            return;
        };
        let present = seats.remove(&self.number).is_some();
        if seats.is_empty() {
            taken.groups.remove(&self.group);
        }
        if present {
            taken.count -= 1;
        }
    }
}

/// Notes that a connection is of use.
#[derive(Debug)]
pub struct Meter {
    places: Arc<Places>,
    seat: Arc<Seat>,
}

impl Meter {
    /// A request has come, or some of its answer has been taken.
    pub fn moved(&self) {
        self.seat.useful.store(self.places.now(), Ordering::Relaxed);
    }
}

/// Raises the number of files that the process may open to what the system allows; tells what it may be.
pub fn raise_files() -> Room {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: before.maximum,
        maximum: before.maximum,
    };
    let raised = setrlimit(Resource::Nofile, wanted);
    let after = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = Room::of_files(after);
    let was = before.current.unwrap_or(u64::MAX);
    if let Err(error) = raised {
        tracing::warn!(%error, files = was, "the limit of open files cannot be raised");
    }
    tracing::info!(
        was,
        files = after,
        connections = room.all,
        each = room.share,
        "open files and connections"
    );
    room
}

/// How long a connection may do what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request, idle time between two included.
    pub head: Duration,
    /// Until the client takes the next bytes of an answer.
    pub write: Duration,
    /// Bytes of answers that a client takes in a second at least: slower ones use up the time above.
    pub rate: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            write: Duration::from_secs(30),
            rate: 4_096,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(all: usize, share: usize) -> Arc<Places> {
        let proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Places::new(Room { all, share }, proxies)
    }

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Whether the place was given to another.
    fn ended(place: &Place) -> bool {
        let mut ended = std::pin::pin!(place.ended());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        ended.as_mut().poll(&mut context).is_ready()
    }

    #[test]
    fn files_bound_the_places() {
        for (files, all, share) in [
            (u64::MAX, 4_096, 512),
            (20_000, 4_096, 512),
            (1_024, 896, 112),
            (256, 128, 16),
            (64, 32, 8),
        ] {
            assert_eq!(Room::of_files(files), Room { all, share }, "{files}");
        }
    }

    #[test]
    fn an_address_takes_places_from_itself_and_no_one_else() {
        let places = places(8, 3);
        let other = places.take(at("192.0.2.1"));
        let own: Vec<Place> = (0..3).map(|_| places.take(at("2001:db8::1"))).collect();
        // The first of them has been of use since.
        std::thread::sleep(Duration::from_millis(3));
        own[0].meter().moved();
        let fourth = places.take(at("2001:db8::ffff:1"));
        assert_eq!(
            own.iter().map(ended).collect::<Vec<_>>(),
            [false, true, false]
        );
        assert!(!ended(&other) && !ended(&fourth));
    }

    #[test]
    fn when_all_are_taken_the_largest_gives_one_up_and_proxies_last() {
        let places = places(6, 4);
        let proxied: Vec<Place> = (0..3).map(|_| places.take(at("10.1.2.3"))).collect();
        let many: Vec<Place> = (0..2).map(|_| places.take(at("192.0.2.1"))).collect();
        let one = places.take(at("192.0.2.2"));
        let newcomer = places.take(at("192.0.2.3"));
        assert_eq!(many.iter().map(ended).collect::<Vec<_>>(), [true, false]);
        assert!(!ended(&one) && !ended(&newcomer) && !proxied.iter().any(ended));
        drop((many, one, newcomer));
        // Proxies are not bound by a share, only by all places.
        let more: Vec<Place> = (0..4).map(|_| places.take(at("10.1.2.4"))).collect();
        assert_eq!(
            proxied
                .iter()
                .chain(&more)
                .filter(|place| ended(place))
                .count(),
            1
        );
        drop((proxied, more));
        let taken = places.taken();
        assert_eq!((taken.count, taken.groups.len()), (0, 0));
    }
}
