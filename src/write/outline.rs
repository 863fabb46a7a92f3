//! JSON that is indented as far as some depth; what lies deeper stands on one line.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// Two spaces a level.
#[derive(Debug)]
pub(super) struct Outline {
    /// Levels that are indented.
    most: usize,
    depth: usize,
    /// Whether the object or array that is open holds something.
    any: bool,
}

impl Outline {
    /// Indents objects and arrays that lie in fewer than `most` others.
    pub(super) fn of_depth(most: usize) -> Self {
        Self { most, depth: 0, any: false }
    }

    fn open<W: ?Sized + Write>(&mut self, bracket: &[u8], out: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.any = false;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, bracket: &[u8], out: &mut W) -> io::Result<()> {
        let was_indented = self.depth <= self.most && self.any;
        self.depth -= 1;
        self.any = true;
        if was_indented {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }

    fn entry<W: ?Sized + Write>(&mut self, first: bool, out: &mut W) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        match self.depth <= self.most {
            true => self.line(out),
            false if first => Ok(()),
            false => out.write_all(b" "),
        }
    }
}

impl Formatter for Outline {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(b"[", out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(b"]", out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.entry(first, out)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.any = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(b"{", out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(b"}", out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.entry(first, out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.any = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_lies_deep_stands_on_one_line_and_the_value_is_the_same() {
        let value =
            json!({"a": [{"b": 1, "c": [2, {}]}, {}], "d": {}, "e": [], "f": {"g": {"h": 3}, "i": "j"}});
        let mut text = Vec::new();
        value
            .serialize(&mut serde_json::Serializer::with_formatter(&mut text, Outline::of_depth(2)))
            .unwrap();
        let text = String::from_utf8(text).unwrap();
        let expected = "{\n  \"a\": [\n    {\"b\": 1, \"c\": [2, {}]},\n    {}\n  ],\n  \"d\": {},\n  \"e\": [],\n  \"f\": {\n    \
                        \"g\": {\"h\": 3},\n    \"i\": \"j\"\n  }\n}";
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
