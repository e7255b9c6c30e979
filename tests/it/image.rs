//! `telecine image`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use telecine_tests::media;
use telecine_tests::server::Home;

use crate::home;

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// What `telecine image` with these arguments says.
fn image(home: &Home, args: &[&str]) -> Said {
    let mut command = home.command(&[&["image"], args].concat());
    let output = command.current_dir(home.folder()).stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let output = output.expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A picture in the folder of the test.
fn picture(home: &Home, name: &str, size: &str) {
    media::picture(&home.file(name), size);
}

fn size(file: &Path) -> String {
    let words = ["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"];
    let said = Command::new("ffprobe").args(words).arg(file).output().expect("ffprobe starts");
    String::from_utf8(said.stdout).expect("text").trim().to_owned()
}

#[test]
fn a_file_that_is_no_image_does_not_keep_others_from_being_made() {
    let home = home();
    picture(&home, "photo.jpg", "1920x1080");
    picture(&home, "scan.png", "500x700");
    std::fs::write(home.file("page.jpg"), "<html><script>").unwrap();
    let said = image(&home, &["photo.jpg", "page.jpg", "missing.png", "scan.png", "-o", "out/of", "--json"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(1), ""));
    let finished: Value = serde_json::from_str(&said.stdout).unwrap();
    let answers: Vec<_> = finished.as_array().unwrap().iter().collect();
    assert_eq!(
        answers.iter().map(|a| a["input"].as_str().unwrap()).collect::<Vec<_>>(),
        ["photo.jpg", "page.jpg", "missing.png", "scan.png"]
    );
    let mode = |file: &str| std::fs::metadata(home.file(file)).unwrap().permissions().mode();
    assert_eq!(mode("out/of/photo.large.webp"), mode("page.jpg"), "as for any file of this user");
    assert_eq!(answers[1]["error"]["code"], "not_an_image");
    assert_eq!(answers[2]["error"]["code"], "source_missing");
    let photo = &answers[0]["made"];
    assert_eq!((&photo["source"]["format"], &photo["source"]["width"]), (&"jpeg".into(), &1920.into()));
    assert!(photo["blurred"].as_str().unwrap().starts_with("data:image/webp;base64,"), "{photo}");
    for (variant, expected) in ["1280,720", "640,360", "320,180"].iter().enumerate() {
        let made = &photo["variants"][variant];
        let file = home.file(made["file"].as_str().unwrap());
        assert_eq!(size(&file), format!("webp,{expected}"));
        assert_eq!(made["kept"], "webp");
        assert_eq!(made["bytes"].as_u64().unwrap(), std::fs::metadata(file).unwrap().len());
    }
    assert_eq!(size(&home.file("out/of/scan.large.webp")), "webp,500,700");
    let left: Vec<_> =
        std::fs::read_dir(home.file("out/of")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 6, "{left:?}");
}

#[test]
fn people_are_told_what_was_made_and_what_was_not() {
    let home = home();
    picture(&home, "photo.jpg", "640x360");
    std::fs::write(home.file("drawing.png"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    let said = image(&home, &["photo.jpg", "drawing.png", "-o", "out", "--variant", "card=160x160"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("out/photo.card.webp  card     160x90"), "{}", said.stdout);
    assert!(said.stdout.contains("1 of 2 images made"), "{}", said.stdout);
    assert!(
        said.stderr.contains("drawing.png: SVG is not supported")
            && said.stderr.contains("(unsupported_format)"),
        "{}",
        said.stderr
    );
    assert_eq!(image(&home, &["photo.jpg", "-o", "others"]).code, Some(0));
}

#[test]
fn what_is_there_is_replaced_only_when_that_is_said() {
    let home = home();
    picture(&home, "photo.jpg", "640x360");
    std::fs::create_dir(home.file("out")).unwrap();
    std::fs::write(home.file("out/photo.medium.webp"), "mine").unwrap();
    let refused = image(&home, &["photo.jpg", "-o", "out"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("photo.medium.webp") && refused.stderr.contains("(output_exists)"),
        "{}",
        refused.stderr
    );
    assert_eq!(std::fs::read_to_string(home.file("out/photo.medium.webp")).unwrap(), "mine");
    assert_eq!(image(&home, &["photo.jpg", "-o", "out", "--force"]).code, Some(0));
    assert_eq!(size(&home.file("out/photo.medium.webp")), "webp,640,360");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_made() {
    let home = home();
    picture(&home, "photo.jpg", "64x64");
    picture(&home, "photo.png", "64x64");
    for (args, word) in [
        (&["photo.jpg", "photo.png", "-o", "out"][..], "called photo"),
        (&["photo.jpg", "-o", "out", "--variant", "large"], "NAME=WxH"),
        (&["photo.jpg", "-o", "out", "--variant", "Large=1x1"], "lowercase"),
        (&["photo.jpg", "-o", "out", "--variant", "large=0x1"], "0x1"),
        (&["photo.jpg", "-o", "out", "--quality", "101"], "quality"),
        (&["-o", "out"], "FILES"),
    ] {
        let said = image(&home, args);
        assert!(said.code != Some(0) && said.stderr.contains(word), "{args:?}: {}", said.stderr);
    }
    assert!(!home.file("out").exists());
}

#[test]
fn the_command_of_the_children_is_none_for_people() {
    let home = home();
    let help = home.command(&["--help"]).stdout(Stdio::piped()).output().expect("the binary starts");
    let help = String::from_utf8(help.stdout).expect("text");
    assert!(help.contains("Makes images smaller") && !help.contains("image-child"), "{help}");
    let child = home.command(&["image-child"]).stderr(Stdio::piped()).output().expect("the binary starts");
    assert!(!child.status.success() && String::from_utf8_lossy(&child.stderr).contains("telecine image"));
}

#[test]
fn jpegs_are_made_for_programs_that_know_nothing_else() {
    let home = home();
    picture(&home, "scan.png", "500x700");
    let said = image(&home, &["scan.png", "-o", "out", "--format", "jpeg", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let finished: Value = serde_json::from_str(&said.stdout).unwrap();
    let variants = &finished[0]["made"]["variants"];
    for (variant, (name, expected)) in
        [("large", "500,700"), ("medium", "257,360"), ("thumbnail", "129,180")].iter().enumerate()
    {
        let made = &variants[variant];
        assert_eq!((&made["kept"], &made["format"]), (&"jpeg".into(), &"jpeg".into()));
        assert_eq!(made["file"], format!("out/scan.{name}.jpg"));
        assert_eq!(size(&home.file(made["file"].as_str().unwrap())), format!("mjpeg,{expected}"));
    }
    let refused = image(&home, &["scan.png", "-o", "out", "--format", "gif"]);
    assert!(refused.code != Some(0) && refused.stderr.contains("jpeg"), "{}", refused.stderr);
}
