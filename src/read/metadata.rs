//! Metadata from addresses, folders and file names.

use crate::dates::Date;

/// Host of a URL, in lower case, without `www.`, user and port; `None` if there is none.
pub fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    if !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c)) {
        return None;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?.trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    (host.contains('.') && !host.contains(char::is_whitespace)).then(|| host.to_owned())
}

/// A folder of the path that is named like a host (`www.example.org`), the innermost one, as a site.
pub fn host_folder(path: &str) -> Option<String> {
    let (folders, _) = path.rsplit_once('/')?;
    folders
        .rsplit('/')
        .find(|folder| looks_like_host(folder))
        .and_then(|folder| host(&format!("http://{folder}/")))
}

/// The outermost folder of the path, as a site where nothing better is known.
pub fn outer_folder(path: &str) -> Option<&str> {
    path.split_once('/').map(|(folder, _)| folder)
}

fn looks_like_host(folder: &str) -> bool {
    let labels: Vec<&str> = folder.split('.').collect();
    labels.len() >= 2
        && labels.iter().all(|l| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        && labels.last().is_some_and(|l| l.len() >= 2 && l.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// A date that the file's name holds as `2017-12-30`, `2017_12_30` or `20171230`.
pub fn date_in_name(path: &str) -> Option<Date> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let digits = |c: char| c.is_ascii_digit();
    let runs: Vec<&str> = name.split(|c| !digits(c)).filter(|r| !r.is_empty()).collect();
    let date = |year: &str, month: &str, day: &str| {
        let (y, m, d): (u16, u8, u8) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        ((1900..2100).contains(&y) && (1..=12).contains(&m) && (1..=31).contains(&d)).then_some(Date {
            year: Some(y),
            month: Some(m),
            day: Some(d),
        })
    };
    runs.iter().filter(|r| r.len() == 8).find_map(|r| date(&r[..4], &r[4..6], &r[6..])).or_else(|| {
        runs.windows(3).filter(|w| w[0].len() == 4 && w[1].len() == 2 && w[2].len() == 2).find_map(|w| {
            let sequence = [w[0], w[1], w[2]];
            let written = ["-", "_", "."].iter().any(|s| name.contains(&sequence.join(s)));
            if written { date(w[0], w[1], w[2]) } else { None }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_url_has_no_www_port_or_user() {
        assert_eq!(host("https://www.Example.org:8080/a?b").as_deref(), Some("example.org"));
        assert_eq!(host("http://user:pw@news.example.org").as_deref(), Some("news.example.org"));
        assert_eq!(host("example.org/a"), None);
        assert_eq!(host("javascript://alert(1)"), None);
    }

    #[test]
    fn a_folder_named_like_a_host_is_the_site() {
        assert_eq!(host_folder("crawl/www.example.org/2021/a.txt").as_deref(), Some("example.org"));
        assert_eq!(host_folder("crawl/2021.03/a.txt"), None);
        assert_eq!(host_folder("example.org"), None, "a file is no folder");
        assert_eq!(outer_folder("lemonde/a.txt"), Some("lemonde"));
    }

    #[test]
    fn a_file_name_may_hold_a_date() {
        assert_eq!(
            date_in_name("x/2017-12-30_story.txt").map(|d| d.to_string()).as_deref(),
            Some("2017-12-30")
        );
        assert_eq!(date_in_name("story-20171230.txt").map(|d| d.to_string()).as_deref(), Some("2017-12-30"));
        assert_eq!(date_in_name("000_cb6dcecd88c75d8b.txt"), None);
        assert_eq!(date_in_name("99999999.txt"), None);
    }
}
