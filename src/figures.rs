//! Numbers and sizes as people read them: the same in the report and on the terminal, and without floats.

/// `1234567` as `1,234,567`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 document`, `2 documents`; the plural is the noun with an s.
pub fn count(n: u64, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {noun}{s}", number(n))
}

/// Bytes in decimal units with one digit after the point: `999 bytes`, `12.3 MB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if n == 1 {
        return "1 byte".into();
    }
    if n < 1000 {
        return format!("{n} bytes");
    }
    let tenths_of = |size: u128| (u128::from(n) * 10 + size / 2) / size;
    let (mut unit, mut size) = (0, 1000);
    while tenths_of(size) >= 10_000 && unit + 1 < UNITS.len() {
        (unit, size) = (unit + 1, size * 1000);
    }
    format!("{}.{} {}", tenths_of(size) / 10, tenths_of(size) % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_sizes_rounded_half_up() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [1, 999, 1000, 999_949, 999_950].map(bytes),
            ["1 byte", "999 bytes", "1.0 kB", "999.9 kB", "1.0 MB"]
        );
        assert_eq!(bytes(u64::MAX), "18.4 EB");
    }
}
