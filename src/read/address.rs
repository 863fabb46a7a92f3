//! The address of a page without what does not decide which page it is.

/// Parameters that say where a reader came from.
const TRACKING: &[&str] = &[
    "fbclid",
    "gclid",
    "dclid",
    "msclkid",
    "yclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "cmpid",
    "ncid",
    "ocid",
    "ref",
    "ref_src",
    "ref_url",
    "referrer",
    "smid",
    "smtyp",
    "spm",
    "taid",
    "xtor",
    "xtmc",
    "xtcr",
    "at_medium",
    "at_campaign",
    "at_custom1",
    "at_custom2",
    "at_custom3",
    "at_custom4",
    "s_cid",
    "_ga",
    "_gl",
];
/// Beginnings of such parameters.
const TRACKING_BEGINS: &[&str] = &["utm_", "pk_", "mtm_", "hsa_", "wt_"];

/// The canonical form of `url`: host in lower case without `www.`, `m.` and `amp.`, path, and the parameters that may
/// decide what is shown, sorted. No scheme, user, port of the scheme, fragment, tracking, `index.html` or slash at the
/// end. Of a copy in the Internet Archive the address that was archived. `None` if it is no web address.
///
/// ```
/// use tamis::read::address::canonical;
/// let one = canonical("https://www.Example.org:443/a/b/?utm_source=x&id=7#top");
/// assert_eq!(one.as_deref(), Some("example.org/a/b?id=7"));
/// assert_eq!(one, canonical("http://m.example.org/a/b?id=7"));
/// ```
pub fn canonical(url: &str) -> Option<String> {
    let url = archived(url.trim());
    let rest = strip_scheme(url)?;
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default().to_lowercase();
    let host = host.strip_suffix(":80").or_else(|| host.strip_suffix(":443")).unwrap_or(&host);
    let mut host = host.trim_end_matches('.');
    while let Some(shorter) =
        ["www.", "m.", "amp.", "mobile."].iter().find_map(|prefix| host.strip_prefix(prefix))
    {
        // `m.org` is a host of its own.
        if !shorter.contains('.') {
            break;
        }
        host = shorter;
    }
    if host.is_empty() || host.contains(char::is_whitespace) {
        return None;
    }
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let mut path = unescaped(path);
    for end in ["/amp", "/index.html", "/index.htm", "/index.php"] {
        if let Some(shorter) = path.trim_end_matches('/').strip_suffix(end) {
            path.truncate(shorter.len());
        }
    }
    path.truncate(path.trim_end_matches('/').len());
    let mut parameters: Vec<String> =
        query.split('&').filter(|word| !word.is_empty() && !is_tracking(word)).map(unescaped).collect();
    parameters.sort();
    let mark = if parameters.is_empty() { "" } else { "?" };
    Some(format!("{host}{path}{mark}{}", parameters.join("&")))
}

/// What follows `http://` or `https://`.
fn strip_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(rest)
}

/// The address inside one of the Internet Archive, `…/web/20170101000000/http://…`; else the address itself.
fn archived(url: &str) -> &str {
    let inner = || {
        let rest = strip_scheme(url)?.strip_prefix("web.archive.org/web/")?;
        let (time, inner) = rest.split_once('/')?;
        time.starts_with(|c: char| c.is_ascii_digit()).then_some(inner)
    };
    inner().filter(|inner| strip_scheme(inner).is_some()).unwrap_or(url)
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.contains(&name.as_str()) || TRACKING_BEGINS.iter().any(|begin| name.starts_with(begin))
}

/// Letters, digits and `-._~` spelt as themselves, other escapes in capitals: both spellings mean the same.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                plain.push(char::from(byte))
            }
            Some(byte) => plain.push_str(&format!("%{byte:02X}")),
            None => plain.push('%'),
        }
        rest = &rest[at + if code.is_some() { 3 } else { 1 }..];
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ways_to_write_one_address_are_one() {
        for [one, other] in [
            ["http://example.org", "https://www.example.org/"],
            ["https://example.org/a%2Db%c3%a9", "https://example.org/a-b%C3%A9"],
            ["https://example.org/a?b=1&a=2", "https://example.org/a?a=2&b=1&fbclid=x"],
            ["https://example.org/a/amp/", "https://amp.example.org/a"],
            ["https://example.org/a/index.html", "https://user@example.org/a/#part"],
            ["https://web.archive.org/web/20170101id_/http://example.org/a", "http://example.org/a"],
        ] {
            assert!(canonical(one).is_some());
            assert_eq!(canonical(one), canonical(other), "{one} {other}");
        }
    }

    #[test]
    fn other_pages_stay_apart() {
        let urls = [
            "https://example.org/a",
            "https://example.org/A",
            "https://example.org/a?page=2",
            "https://example.org:8080/a",
            "https://news.example.org/a",
            "https://m.org/a",
            "https://org/a",
        ];
        let forms: std::collections::BTreeSet<_> = urls.iter().map(|url| canonical(url)).collect();
        assert_eq!(forms.len(), urls.len());
        for none in ["", "example.org/a", "ftp://example.org/a", "mailto:a@example.org", "https://"] {
            assert_eq!(canonical(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_end_and_a_form_is_its_own_form(text in "(https?://)?[a-z.:@]{0,9}[%a-f0-9/?&=#é.]{0,20}") {
            if let Some(form) = canonical(&text) {
                prop_assert_eq!(canonical(&format!("https://{}", form)), Some(form));
            }
        }
    }
}
