//! The crates, each with the options that serve it best.

type Extract = fn(&str) -> Result<String, String>;

/// Name and extractor of each peer.
pub const PEERS: &[(&str, Extract)] = &[
    ("tamis", |html| tamis::read::html::page(html.as_bytes(), None, None).map(|p| p.text)),
    ("dom_smoothie", dom_smoothie),
    ("rs-trafilatura", rs_trafilatura),
    ("trafilatura", |html| trafilatura(html, trafilatura::Options::default())),
    ("trafilatura fallback", |html| trafilatura(html, trafilatura::Options::default().with_fallback(true))),
    ("trafilatura precision", |html| {
        let focus = trafilatura::ExtractionFocus::FavorPrecision;
        trafilatura(html, trafilatura::Options::default().with_fallback(true).with_focus(focus))
    }),
    ("trafilatura precision -f", |html| {
        trafilatura(
            html,
            trafilatura::Options::default().with_focus(trafilatura::ExtractionFocus::FavorPrecision),
        )
    }),
    ("libreadability", libreadability),
    ("llm_readability", llm_readability),
];

fn dom_smoothie(html: &str) -> Result<String, String> {
    let config = dom_smoothie::Config { text_mode: dom_smoothie::TextMode::Formatted, ..Default::default() };
    let mut page = dom_smoothie::Readability::new(html, None, Some(config)).map_err(|e| e.to_string())?;
    page.parse().map(|a| a.text_content.to_string()).map_err(|e| e.to_string())
}

fn rs_trafilatura(html: &str) -> Result<String, String> {
    let options = rs_trafilatura::Options { include_comments: false, ..Default::default() };
    rs_trafilatura::extract_with_options(html, &options).map(|r| r.content_text).map_err(|e| e.to_string())
}

fn trafilatura(html: &str, options: trafilatura::Options) -> Result<String, String> {
    let options = options.with_exclude_comments(true);
    trafilatura::extract(html, &options).map(|r| r.content_text).map_err(|e| e.to_string())
}

fn libreadability(html: &str) -> Result<String, String> {
    libreadability::extract(html, None).map(|a| a.text_content).map_err(|e| e.to_string())
}

fn llm_readability(html: &str) -> Result<String, String> {
    let url = url::Url::parse("https://example.com/").map_err(|e| e.to_string())?;
    let page = llm_readability::extractor::extract(&mut html.as_bytes(), &url).map_err(|e| e.to_string())?;
    Ok(page.text)
}
