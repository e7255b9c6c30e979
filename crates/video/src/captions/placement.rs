//! The settings of a cue: where its box is. What is not as WebVTT has it is left out, as players do.

/// Words on the line of the times at most; there are five settings.
const MAX_SETTINGS: usize = 5;

/// The settings that can be kept, each once.
pub(super) fn sanitized(settings: &str) -> String {
    let mut kept: Vec<(&str, &str)> = Vec::new();
    for (name, value) in settings.split_whitespace().filter_map(|setting| setting.split_once(':')) {
        if is_good(name, value) && kept.iter().all(|(other, _)| *other != name) {
            kept.push((name, value));
        }
    }
    let kept: Vec<String> =
        kept.iter().take(MAX_SETTINGS).map(|(name, value)| format!("{name}:{value}")).collect();
    kept.join(" ")
}

fn is_good(name: &str, value: &str) -> bool {
    let (place, anchor) =
        value.split_once(',').map_or((value, None), |(place, anchor)| (place, Some(anchor)));
    match name {
        "vertical" => matches!(value, "rl" | "lr"),
        "align" => matches!(value, "start" | "center" | "end" | "left" | "right"),
        "size" => is_share(value),
        "position" => {
            is_share(place)
                && anchor.is_none_or(|anchor| matches!(anchor, "line-left" | "center" | "line-right"))
        }
        "line" => {
            let is_line = place.strip_prefix('-').unwrap_or(place);
            let is_line =
                (1..=3).contains(&is_line.len()) && is_line.bytes().all(|byte| byte.is_ascii_digit());
            (is_line || is_share(place))
                && anchor.is_none_or(|anchor| matches!(anchor, "start" | "center" | "end"))
        }
        _ => false,
    }
}

/// `12.5%`, from 0 to 100.
fn is_share(text: &str) -> bool {
    let Some(number) = text.strip_suffix('%').filter(|number| (1..=7).contains(&number.len())) else {
        return false;
    };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.ends_with(|c: char| c.is_ascii_digit());
    is_number && number.parse::<f64>().is_ok_and(|share| (0.0..=100.0).contains(&share))
}
