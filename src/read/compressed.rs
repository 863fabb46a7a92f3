//! temporary
use std::io::{self, Read};
/// x
pub fn open(file: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Ok(Box::new(flate2::read::MultiGzDecoder::new(std::io::BufReader::with_capacity(1 << 18, file))))
}
