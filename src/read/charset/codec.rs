//! A charset: its name, and both ways between its bytes and UTF-8, exact or not at all.

use encoding_rs::{
    Encoding, GB18030, GBK, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED,
};

use super::{cyrillic, wide};

/// A charset, or that none is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Standard(&'static Encoding),
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
    Ibm855,
    Unknown,
}

impl Charset {
    /// UTF-8.
    pub const UTF_8: Self = Self(Kind::Standard(UTF_8));
    /// No charset fits; such bytes are left as they are.
    pub const UNKNOWN: Self = Self(Kind::Unknown);
    pub(super) const UTF_16LE: Self = Self(Kind::Utf16Le);
    pub(super) const UTF_16BE: Self = Self(Kind::Utf16Be);
    pub(super) const UTF_32LE: Self = Self(Kind::Utf32Le);
    pub(super) const UTF_32BE: Self = Self(Kind::Utf32Be);
    pub(super) const ISO_2022_JP: Self = Self(Kind::Standard(ISO_2022_JP));
    pub(super) const IBM855: Self = Self(Kind::Ibm855);

    /// The charset of a label as the Encoding Standard reads it (`latin1` is `windows-1252`, `gb2312` is `gbk`), and of
    /// the names that [`Charset::name`] gives.
    pub fn of_label(label: &str) -> Option<Self> {
        if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
            return match encoding.name() {
                "UTF-16LE" => Some(Self::UTF_16LE),
                "UTF-16BE" => Some(Self::UTF_16BE),
                _ if encoding == REPLACEMENT || encoding == X_USER_DEFINED => None,
                _ => Some(Self(Kind::Standard(encoding))),
            };
        }
        let label = label.trim_ascii();
        let is = |name: &str| label.eq_ignore_ascii_case(name);
        let kind = match () {
            () if is("utf-32") || is("utf-32le") => Kind::Utf32Le,
            () if is("utf-32be") => Kind::Utf32Be,
            () if is("ibm855") || is("cp855") => Kind::Ibm855,
            () if is("unknown") => Kind::Unknown,
            () => return None,
        };
        Some(Self(kind))
    }

    pub(super) const fn standard(encoding: &'static Encoding) -> Self {
        Self(Kind::Standard(encoding))
    }

    /// Its name in lower case: the label of the Encoding Standard where it has one, else `utf-32le`, `utf-32be`,
    /// `ibm855` or `unknown`.
    pub fn name(self) -> String {
        match self.0 {
            Kind::Standard(encoding) => encoding.name().to_ascii_lowercase(),
            Kind::Utf16Le => "utf-16le".into(),
            Kind::Utf16Be => "utf-16be".into(),
            Kind::Utf32Le => "utf-32le".into(),
            Kind::Utf32Be => "utf-32be".into(),
            Kind::Ibm855 => "ibm855".into(),
            Kind::Unknown => "unknown".into(),
        }
    }

    /// Whether each byte is a character of its own.
    pub(super) fn is_single_byte(self) -> bool {
        match self.0 {
            Kind::Standard(encoding) => encoding.is_single_byte(),
            Kind::Ibm855 => true,
            _ => false,
        }
    }

    /// `bytes` in UTF-8, if [`Charset::encode`] gives them back exactly; never for UTF-8 itself.
    pub fn decode(self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self == Self::UTF_8 {
            return None;
        }
        let text = self.read(bytes)?;
        (self.encode(text.as_bytes())? == bytes).then(|| text.into_bytes())
    }

    /// What `bytes` spell, if nothing in them is malformed.
    pub(super) fn read(self, bytes: &[u8]) -> Option<String> {
        match self.0 {
            Kind::Utf16Le => wide::read_16(bytes, u16::from_le_bytes),
            Kind::Utf16Be => wide::read_16(bytes, u16::from_be_bytes),
            Kind::Standard(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map(std::borrow::Cow::into_owned),
            Kind::Utf32Le => wide::read_32(bytes, u32::from_le_bytes),
            Kind::Utf32Be => wide::read_32(bytes, u32::from_be_bytes),
            Kind::Ibm855 => Some(cyrillic::read_ibm855(bytes)),
            Kind::Unknown => None,
        }
    }

    /// What `bytes` spell, with U+FFFD for what is malformed. Where no charset is known, as browsers read it.
    pub(in crate::read) fn read_lossy(self, bytes: &[u8]) -> String {
        let encoding = match self.0 {
            Kind::Standard(encoding) => encoding,
            Kind::Utf16Le => UTF_16LE,
            Kind::Utf16Be => UTF_16BE,
            Kind::Unknown => WINDOWS_1252,
            Kind::Utf32Le | Kind::Utf32Be | Kind::Ibm855 => {
                return self.read(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned());
            }
        };
        encoding.decode_without_bom_handling(bytes).0.into_owned()
    }

    /// The bytes of this charset that spell `text`, which is UTF-8; none if they cannot.
    pub fn encode(self, text: &[u8]) -> Option<Vec<u8>> {
        if self == Self::UTF_8 || self == Self::UNKNOWN {
            return Some(text.to_vec());
        }
        let text = std::str::from_utf8(text).ok()?;
        match self.0 {
            Kind::Utf16Le => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Kind::Utf16Be => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Kind::Standard(encoding) => {
                let (bytes, _, unmappable) = encoding.encode(text);
                (!unmappable).then(|| bytes.into_owned())
            }
            Kind::Utf32Le => Some(text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
            Kind::Utf32Be => Some(text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect()),
            Kind::Ibm855 => cyrillic::write_ibm855(text),
            Kind::Unknown => None,
        }
    }

    /// GBK widened to GB18030 where only that converts back exactly.
    pub(super) fn widened(self, bytes: &[u8]) -> Self {
        let wider = Self(Kind::Standard(GB18030));
        let widen =
            self.0 == Kind::Standard(GBK) && self.decode(bytes).is_none() && wider.decode(bytes).is_some();
        if widen { wider } else { self }
    }
}
