//! Looking for part of a text.

use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};

/// Whether the text is part of the column, in upper or lower case.
pub(crate) fn contains(column: impl ColumnTrait, text: &str) -> Expr {
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    let pattern = |text: &str| LikeExpr::new(format!("%{text}%")).escape('\\');
    let in_lower_case = Expr::expr(Func::lower(Expr::col(column))).like(pattern(&escaped.to_lowercase()));
    // SQLite knows the case of the letters of ASCII only: others are found as they were written.
    in_lower_case.or(Expr::col(column).like(pattern(&escaped)))
}
