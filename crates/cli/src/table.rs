//! Rows for people: aligned, without colours, and without what would steer a terminal.

/// The gap between columns.
const GAP: &str = "  ";

/// A table; the last column is as wide as its texts are.
pub(crate) struct Table<const COLUMNS: usize> {
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table with this first row.
    pub(crate) fn new(heads: [&str; COLUMNS]) -> Self {
        Self { rows: vec![heads.map(str::to_owned)] }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: [String; COLUMNS]) {
        self.rows.push(row.map(|cell| plain_line(&cell)));
    }

    /// The table as text, one line a row.
    pub(crate) fn text(&self) -> String {
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; COLUMNS] = std::array::from_fn(width);
        let line = |row: &[String; COLUMNS]| {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            format!("{}\n", cells.collect::<Vec<_>>().join(GAP).trim_end())
        };
        self.rows.iter().map(line).collect()
    }
}

/// The text without control characters other than line ends.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// The text in one line, without control characters.
pub(crate) fn plain_line(text: &str) -> String {
    plain(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_steer_no_terminal() {
        let mut table = Table::new(["ID", "REASON"]);
        table.push(["größer".to_owned(), "a\u{1b}[31m\nb".to_owned()]);
        table.push(["b".to_owned(), String::new()]);
        assert_eq!(table.text(), "ID      REASON\ngrößer  a\u{fffd}[31m b\nb\n");
    }
}
