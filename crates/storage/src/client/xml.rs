//! The answers whose form differs too much between servers for typed XML: read by the local names of elements.
//!
//! Ceph sends an empty ETag after a Complete, some servers leave out the namespace, errors never have one.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;

/// The direct text fields of one element.
pub(super) type Fields = BTreeMap<String, String>;

/// The name of the outermost element and its text fields; `None` when this is not XML.
pub(super) fn document(xml: &str) -> Option<(String, Fields)> {
    let mut found = None;
    read(xml, |path, text| {
        let (root, fields) = found.get_or_insert_with(|| (path[0].clone(), Fields::new()));
        if let ([first, name], true) = (path, path.len() == 2) {
            debug_assert_eq!(first, root);
            fields.insert(name.clone(), text.to_owned());
        }
    })?;
    found
}

/// The text fields of every direct child called `name`.
pub(super) fn children(xml: &str, name: &str) -> Option<Vec<Fields>> {
    let mut all: Vec<Fields> = Vec::new();
    let mut current = Fields::new();
    read(xml, |path, text| match path {
        [_, child, field] if child == name => drop(current.insert(field.clone(), text.to_owned())),
        [_, child] if child == name => all.push(std::mem::take(&mut current)),
        _ => {}
    })?;
    Some(all)
}

/// Calls `ended` with the path and the text of every element, innermost first. `None` when this is not whole XML.
fn read(xml: &str, mut ended: impl FnMut(&[String], &str)) -> Option<()> {
    let mut reader = Reader::from_str(xml.trim_start());
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                path.push(local_name(element.local_name().as_ref()));
                text.clear();
            }
            Event::Empty(element) => {
                path.push(local_name(element.local_name().as_ref()));
                ended(&path, "");
                path.pop();
            }
            Event::Text(piece) => text.push_str(&piece.decode().ok()?),
            Event::CData(piece) => text.push_str(&piece.decode().ok()?),
            Event::GeneralRef(reference) => text.push_str(&resolve(&reference)?),
            Event::End(_) => {
                ended(&path, &text);
                path.pop();
                text.clear();
            }
            Event::Eof => return path.is_empty().then_some(()),
            _ => {}
        }
    }
}

fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character.to_string());
    }
    quick_xml::escape::resolve_xml_entity(&reference.decode().ok()?).map(str::to_owned)
}

fn local_name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Text as the content of an element.
pub(super) fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_with_and_without_blank_lines_before_it() {
        let xml = "\n\n<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>a &lt;b&gt; &#38;c</Message></Error>";
        let (root, fields) = document(xml).unwrap();
        assert_eq!(root, "Error");
        assert_eq!(fields["Code"], "InternalError");
        assert_eq!(fields["Message"], "a <b> &c");
    }

    #[test]
    fn an_empty_element_is_an_empty_text() {
        let (root, fields) = document("<C xmlns=\"x\"><ETag/><Key></Key></C>").unwrap();
        assert_eq!((root.as_str(), fields["ETag"].as_str(), fields["Key"].as_str()), ("C", "", ""));
    }

    #[test]
    fn nested_fields_do_not_leak_into_their_parents() {
        let xml = "<L><IsTruncated>false</IsTruncated><Upload><Key>a</Key><Owner><ID>1</ID></Owner></Upload><Upload><Key>b</Key></Upload></L>";
        let uploads = children(xml, "Upload").unwrap();
        assert_eq!(uploads.iter().map(|upload| upload["Key"].as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(!uploads[0].contains_key("ID"));
        assert_eq!(document(xml).unwrap().1["IsTruncated"], "false");
    }

    #[test]
    fn a_cut_answer_is_not_an_answer() {
        for xml in ["", "<L><Key>a", "<L><Key>a</L>", "plain"] {
            assert_eq!(document(xml), None, "{xml}");
        }
    }
}
