//! Numbers that only grow.

use crate::labels::Series;
use crate::text::Text;

/// A family of counters that differ by the values of `N` labels.
#[derive(Debug)]
pub struct Counter<const N: usize> {
    name: &'static str,
    help: &'static str,
    labels: [&'static str; N],
    series: Series<N, u64>,
}

impl<const N: usize> Counter<N> {
    /// A family without any series yet. The name ends with `_total`.
    #[must_use]
    pub fn new(name: &'static str, help: &'static str, labels: [&'static str; N]) -> Self {
        Self { name, help, labels, series: Series::default() }
    }

    /// Counts one.
    pub fn count(&self, labels: [&str; N]) {
        self.series.update(labels, |value| *value += 1);
    }

    /// The sum of the series whose label values fit.
    #[must_use]
    pub fn sum(&self, fits: impl Fn(&[Box<str>; N]) -> bool) -> u64 {
        let mut sum = 0;
        self.series.each(|labels, value| sum += if fits(labels) { *value } else { 0 });
        sum
    }

    /// The family as Prometheus text.
    pub fn write(&self, text: &mut Text) {
        text.counter(self.name, self.help);
        self.series.each(|values, count| {
            let labels: Vec<_> =
                self.labels.iter().copied().zip(values.iter().map(|value| &**value)).collect();
            #[expect(clippy::cast_precision_loss, reason = "no process counts to 2^53")]
            text.sample(self.name, &labels, *count as f64);
        });
    }
}
