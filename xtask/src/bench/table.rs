//! A table for people: one row a contender, one column a figure.

/// Minimum, median and maximum of the rounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) max: f64,
}

impl Spread {
    /// Of at least one figure.
    pub(super) fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let last = figures.len() - 1;
        Self { min: figures[0], median: figures[last / 2], max: figures[last] }
    }

    fn cell(self) -> String {
        format!("{:.2} ({:.2}-{:.2})", self.median, self.min, self.max)
    }
}

/// Prints the table; every cell is the median with the range behind it.
pub(super) fn print(columns: &[&str], rows: &[(&str, Vec<Spread>)]) {
    let name_width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let cells: Vec<Vec<String>> =
        rows.iter().map(|(_, row)| row.iter().map(|spread| spread.cell()).collect()).collect();
    let width = |column: usize| {
        let widest = cells.iter().map(|row| row[column].len()).max().unwrap_or_default();
        widest.max(columns[column].len())
    };
    let header: Vec<String> =
        columns.iter().enumerate().map(|(i, name)| format!("{name:>w$}", w = width(i))).collect();
    println!("{:name_width$}  {}", "", header.join("  "));
    for ((name, _), row) in rows.iter().zip(&cells) {
        let row: Vec<String> =
            row.iter().enumerate().map(|(i, cell)| format!("{cell:>w$}", w = width(i))).collect();
        println!("{name:name_width$}  {}", row.join("  "));
    }
}
