//! Watches spans from their start to their end.
//!
//! Three fields have a meaning, as everywhere in Rust: `otel.name`, `otel.kind` (`server` or `consumer`) and `traceparent`,
//! the header of W3C Trace Context by which another program's span becomes the parent. An event at the level of an error,
//! or the field `otel.error`, makes the span a failed one.

use std::fmt;

use telecine_model::{Clock, SystemClock};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::otlp::{Attribute, Kind, Note, Span, SpanId, TraceId};

/// Warnings and errors that one span keeps.
const MAX_NOTES: usize = 16;
/// Characters of one attribute.
const MAX_VALUE_CHARS: usize = 1000;

/// Hands every span that has ended to the exporter.
pub(crate) struct SpanLayer {
    ended: mpsc::Sender<Span>,
}

impl SpanLayer {
    pub(super) fn new(ended: mpsc::Sender<Span>) -> Self {
        Self { ended }
    }

    /// Our own spans, and our own warnings in them.
    pub(crate) fn is_of_interest(metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("telecine") && (metadata.is_span() || *metadata.level() <= Level::WARN)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = span.parent().and_then(|parent| {
            parent.extensions().get::<Span>().map(|parent| (parent.trace_id, parent.span_id))
        });
        let parent = parent.or_else(|| fields.traceparent.as_deref().and_then(read_traceparent));
        let mut begun = Span {
            trace_id: parent.map_or_else(TraceId::random, |(trace_id, _)| trace_id),
            span_id: SpanId::random(),
            parent: parent.map(|(_, span_id)| span_id),
            name: attributes.metadata().name().to_owned(),
            kind: Kind::Internal,
            started_ns: now_ns(),
            ended_ns: 0,
            attributes: Vec::new(),
            notes: Vec::new(),
            error: None,
        };
        fields.add_to(&mut begun);
        span.extensions_mut().insert(begun);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(span) = span.extensions_mut().get_mut::<Span>() {
            fields.add_to(span);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut extensions = span.extensions_mut();
        let Some(span) = extensions.get_mut::<Span>().filter(|span| span.notes.len() < MAX_NOTES) else {
            return;
        };
        let message = fields.message.take().unwrap_or_default();
        if *event.metadata().level() == Level::ERROR {
            span.error = Some(message.clone());
        }
        span.notes.push(Note { at_ns: now_ns(), message, attributes: fields.attributes });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let ended = context.span(&id).and_then(|span| span.extensions_mut().remove::<Span>());
        if let Some(mut span) = ended {
            span.ended_ns = now_ns();
            // A full queue means that the collector does not keep up; spans are not worth waiting for.
            let _ = self.ended.try_send(span);
        }
    }
}

fn now_ns() -> i128 {
    SystemClock.now().as_nanosecond()
}

/// `00-{trace id}-{span id}-{flags}`, all in lower-case hexadecimal.
fn read_traceparent(header: &str) -> Option<(TraceId, SpanId)> {
    let mut parts = header.split('-');
    let (version, trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_known = version.len() == 2 && version != "ff" && flags.len() == 2;
    is_known.then_some((TraceId::parse(trace_id)?, SpanId::parse(span_id)?))
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields {
    name: Option<String>,
    kind: Option<String>,
    error: Option<String>,
    message: Option<String>,
    traceparent: Option<String>,
    attributes: Vec<(&'static str, Attribute)>,
}

impl Fields {
    fn add_to(self, span: &mut Span) {
        if let Some(name) = self.name {
            span.name = name;
        }
        match self.kind.as_deref() {
            Some("server") => span.kind = Kind::Server,
            Some("consumer") => span.kind = Kind::Consumer,
            _ => {}
        }
        if self.error.is_some() {
            span.error = self.error;
        }
        span.attributes.extend(self.attributes);
    }

    fn text(&mut self, field: &Field, text: String) {
        let text = if text.chars().count() > MAX_VALUE_CHARS {
            text.chars().take(MAX_VALUE_CHARS).collect()
        } else {
            text
        };
        match field.name() {
            "otel.name" => self.name = Some(text),
            "otel.kind" => self.kind = Some(text),
            "otel.error" => self.error = Some(text),
            "traceparent" => self.traceparent = Some(text),
            "message" => self.message = Some(text),
            name => self.attributes.push((name, Attribute::Text(text))),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.push((field.name(), Attribute::Number(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.attributes.push((field.name(), Attribute::Number(i64::try_from(value).unwrap_or(i64::MAX))));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attributes.push((field.name(), Attribute::Flag(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_another_program_names_the_parent_unless_it_is_broken() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let (trace_id, span_id) = read_traceparent(good).unwrap();
        assert_eq!(trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span_id.to_string(), "00f067aa0ba902b7");
        for broken in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        ] {
            assert!(read_traceparent(broken).is_none(), "{broken}");
        }
    }
}
