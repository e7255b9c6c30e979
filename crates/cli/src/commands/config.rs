//! `telecine config`.

use std::process::ExitCode;

use crate::args::ConfigArgs;
use crate::settings::{Loaded, SETTINGS, Setting};

/// Shows every setting with its value and origin; secrets are masked.
pub(crate) fn run(args: &ConfigArgs, loaded: &Loaded) -> anyhow::Result<ExitCode> {
    if args.markdown {
        print!("{}", markdown());
    } else if args.json {
        let rows: Vec<_> = SETTINGS
            .iter()
            .map(|setting| {
                let (value, origin) = in_effect(setting, loaded);
                serde_json::json!({ "name": setting.name, "value": value, "origin": origin })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        let rows: Vec<_> =
            SETTINGS.iter().map(|setting| (setting.name, in_effect(setting, loaded))).collect();
        let width = rows.iter().map(|(name, (value, _))| name.len() + value.len()).max().unwrap_or(0).min(70);
        for (name, (value, origin)) in rows {
            let line = format!("{name} = {value}");
            println!("{line:<width$}    # {origin}", width = width + 3);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The table of all settings for the README.
pub(crate) fn markdown() -> String {
    let mut table = String::from("| setting | environment | default | meaning |\n|---|---|---|---|\n");
    for setting in SETTINGS {
        let env: Vec<String> = setting.env.iter().map(|name| format!("`{name}`")).collect();
        let default =
            if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        table.push_str(&format!(
            "| `{}` | {} | {default} | {} |\n",
            setting.name,
            env.join(", "),
            setting.meaning
        ));
    }
    table
}

fn in_effect(setting: &Setting, loaded: &Loaded) -> (String, String) {
    match loaded.origin(setting.name) {
        Some((_, origin)) if setting.is_secret => ("***".to_owned(), origin),
        Some((value, origin)) => (value, origin),
        None => (setting.default.to_owned(), "default".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_shows_every_setting() {
        let readme =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
        assert!(
            readme.contains(&super::markdown()),
            "put the output of `telecine config --markdown` into README.md"
        );
    }
}
