//! The series of one family, by the values of its labels.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Series of one family; what comes after is counted under [`OTHER`].
const MAX_SERIES: usize = 500;
/// Stands for every label of the series that did not fit.
const OTHER: &str = "other";

/// One value for each set of label values.
#[derive(Debug)]
pub(crate) struct Series<const N: usize, V> {
    values: Mutex<BTreeMap<[Box<str>; N], V>>,
}

impl<const N: usize, V> Default for Series<N, V> {
    fn default() -> Self {
        Self { values: Mutex::new(BTreeMap::new()) }
    }
}

impl<const N: usize, V: Default> Series<N, V> {
    /// Changes the value of one series.
    pub(crate) fn update(&self, labels: [&str; N], change: impl FnOnce(&mut V)) {
        let mut values = self.lock();
        let key = labels.map(Box::from);
        let key = if values.len() >= MAX_SERIES && !values.contains_key(&key) {
            [OTHER; N].map(Box::from)
        } else {
            key
        };
        change(values.entry(key).or_default());
    }

    /// Looks at every series, in the order of the labels.
    pub(crate) fn each(&self, mut look: impl FnMut(&[Box<str>; N], &V)) {
        for (labels, value) in &*self.lock() {
            look(labels, value);
        }
    }

    /// A panic elsewhere leaves at worst one number behind by one.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<[Box<str>; N], V>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_cannot_fill_the_memory() {
        let series: Series<1, u64> = Series::default();
        for name in 0..2 * MAX_SERIES {
            series.update([&name.to_string()], |count| *count += 1);
        }
        let (mut families, mut total, mut other) = (0, 0, 0);
        series.each(|labels, count| {
            families += 1;
            total += count;
            if &*labels[0] == OTHER {
                other = *count;
            }
        });
        assert_eq!((families, total, other), (MAX_SERIES + 1, 2 * MAX_SERIES as u64, MAX_SERIES as u64));
    }
}
