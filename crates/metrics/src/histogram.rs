//! How long things took.

use std::time::Duration;

use crate::labels::Series;
use crate::text::Text;

/// A family of histograms that differ by the values of `N` labels.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    name: &'static str,
    help: &'static str,
    labels: [&'static str; N],
    /// Upper bounds in seconds, growing.
    bounds: &'static [f64],
    series: Series<N, Observed>,
}

#[derive(Debug, Default)]
struct Observed {
    /// How many were at most as long as the bound of the same place and longer than the one before.
    buckets: Vec<u64>,
    count: u64,
    sum_s: f64,
}

impl<const N: usize> Histogram<N> {
    /// A family without any series yet; `bounds` are seconds and grow. The name ends with `_seconds`.
    #[must_use]
    pub fn new(
        name: &'static str,
        help: &'static str,
        labels: [&'static str; N],
        bounds: &'static [f64],
    ) -> Self {
        Self { name, help, labels, bounds, series: Series::default() }
    }

    /// Notes that something took this long.
    pub fn observe(&self, labels: [&str; N], took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = self.bounds.partition_point(|bound| *bound < seconds);
        self.series.update(labels, |observed| {
            observed.buckets.resize(self.bounds.len(), 0);
            if let Some(count) = observed.buckets.get_mut(bucket) {
                *count += 1;
            }
            observed.count += 1;
            observed.sum_s += seconds;
        });
    }

    /// The family as Prometheus text: every bucket counts the shorter ones too.
    #[expect(clippy::cast_precision_loss, reason = "no process counts to 2^53")]
    pub fn write(&self, text: &mut Text) {
        text.histogram(self.name, self.help);
        self.series.each(|values, observed| {
            let own: Vec<_> = self.labels.iter().copied().zip(values.iter().map(|value| &**value)).collect();
            let bucket = format!("{}_bucket", self.name);
            let mut up_to = 0;
            for (bound, count) in self.bounds.iter().zip(&observed.buckets) {
                up_to += count;
                text.sample(&bucket, &[&own[..], &[("le", &bound.to_string())]].concat(), up_to as f64);
            }
            text.sample(&bucket, &[&own[..], &[("le", "+Inf")]].concat(), observed.count as f64);
            text.sample(&format!("{}_sum", self.name), &own, observed.sum_s);
            text.sample(&format!("{}_count", self.name), &own, observed.count as f64);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_counts_what_took_at_most_its_bound_and_all_that_was_shorter() {
        let family = Histogram::new("x_seconds", "X.", ["kind"], &[0.1, 1.0]);
        for millis in [50, 100, 500, 2000] {
            family.observe(["a"], Duration::from_millis(millis));
        }
        let mut text = Text::default();
        family.write(&mut text);
        let text = text.into_string();
        for line in [
            "# TYPE x_seconds histogram",
            "x_seconds_bucket{kind=\"a\",le=\"0.1\"} 2",
            "x_seconds_bucket{kind=\"a\",le=\"1\"} 3",
            "x_seconds_bucket{kind=\"a\",le=\"+Inf\"} 4",
            "x_seconds_sum{kind=\"a\"} 2.65",
            "x_seconds_count{kind=\"a\"} 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
