//! What the decoder knows of a footer and of the header of a page, after `parquet.thrift` of the Apache Parquet format.

use super::thrift::Note;
use super::thrift::Shape::{self, Binary, Double, Flag, Integer, List, Noted, Struct};

/// `FileMetaData`.
pub(super) const FILE: &[(i64, Shape)] = &[
    (1, Integer),
    (3, Integer),
    (4, List(&Struct(ROW_GROUP))),
    (5, List(&Struct(KEY_VALUE))),
    (6, Binary),
    (7, List(&Struct(COLUMN_ORDER))),
];

const KEY_VALUE: &[(i64, Shape)] = &[(1, Binary), (2, Binary)];

/// A union of structures without fields.
const COLUMN_ORDER: &[(i64, Shape)] = &[(1, Struct(&[])), (2, Struct(&[])), (3, Struct(&[]))];

const ROW_GROUP: &[(i64, Shape)] = &[
    (1, List(&Struct(COLUMN_CHUNK))),
    (2, Integer),
    (3, Integer),
    (4, List(&Struct(&[(1, Integer), (2, Flag), (3, Flag)]))),
    (5, Integer),
    (6, Integer),
    (7, Integer),
];

const COLUMN_CHUNK: &[(i64, Shape)] =
    &[(1, Binary), (2, Integer), (3, Struct(COLUMN)), (4, Integer), (5, Integer), (6, Integer), (7, Integer)];

/// `ColumnMetaData`.
const COLUMN: &[(i64, Shape)] = &[
    (1, Integer),
    (2, List(&Integer)),
    (4, Integer),
    (5, Integer),
    (6, Integer),
    (7, Integer),
    (9, Integer),
    (10, Integer),
    (11, Integer),
    (12, Struct(STATISTICS)),
    (13, List(&Struct(&[(1, Integer), (2, Integer), (3, Integer)]))),
    (14, Integer),
    (15, Integer),
    (16, Struct(&[(1, Integer), (2, List(&Integer)), (3, List(&Integer))])),
    (17, Struct(&[(1, Struct(BOX)), (2, List(&Integer))])),
];

const STATISTICS: &[(i64, Shape)] = &[
    (1, Binary),
    (2, Binary),
    (3, Integer),
    (4, Integer),
    (5, Binary),
    (6, Binary),
    (7, Flag),
    (8, Flag),
    (9, Integer),
];

const BOX: &[(i64, Shape)] =
    &[(1, Double), (2, Double), (3, Double), (4, Double), (5, Double), (6, Double), (7, Double), (8, Double)];

/// `PageHeader`. Statistics of pages are passed over.
pub(super) const PAGE: &[(i64, Shape)] = &[
    (1, Integer),
    (2, Noted(Note::Unpacked)),
    (3, Noted(Note::Packed)),
    (4, Integer),
    (5, Struct(&[(1, Integer), (2, Integer), (3, Integer), (4, Integer)])),
    (6, Struct(&[])),
    (7, Struct(&[(1, Noted(Note::Values)), (2, Integer), (3, Flag)])),
    (
        8,
        Struct(&[
            (1, Integer),
            (2, Integer),
            (3, Integer),
            (4, Integer),
            (5, Integer),
            (6, Integer),
            (7, Flag),
        ]),
    ),
];
