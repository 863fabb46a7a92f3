//! The dataset card (`README.md` of OUT).
