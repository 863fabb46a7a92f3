//! Logarithm and power that are the same on every machine.
//!
//! The standard library's `ln` and `powf` may differ in the last bit between platforms, and output must not. These two
//! use only additions, multiplications and divisions, which IEEE 754 fixes exactly. Relative error is below 1e-12.

const LN_2: f64 = std::f64::consts::LN_2;

/// Natural logarithm of a positive finite number; 0 for anything else.
pub(crate) fn ln(x: f64) -> f64 {
    if !x.is_finite() || x <= 0.0 {
        return 0.0;
    }
    // x = m · 2^e with m in [0.7, 1.4]; then ln m = 2 artanh((m − 1) / (m + 1)).
    let (mut mantissa, mut exponent) = (x, 0.0);
    while mantissa > 1.414 {
        mantissa *= 0.5;
        exponent += 1.0;
    }
    while mantissa < 0.707 {
        mantissa *= 2.0;
        exponent -= 1.0;
    }
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let square = z * z;
    let (mut term, mut sum, mut k) = (z, z, 3.0);
    while k < 32.0 {
        term *= square;
        sum += term / k;
        k += 2.0;
    }
    2.0 * sum + exponent * LN_2
}

/// e^x for x in about ±700.
pub(crate) fn exp(x: f64) -> f64 {
    // x = n ln 2 + r with |r| small enough for a short series.
    let n = (x / LN_2).round().clamp(-1000.0, 1000.0);
    let r = x - n * LN_2;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while k < 18.0 {
        term *= r / k;
        sum += term;
        k += 1.0;
    }
    let step = if n < 0.0 { 0.5 } else { 2.0 };
    let mut left = n.abs();
    while left > 0.5 {
        sum *= step;
        left -= 1.0;
    }
    sum
}

/// `base` to the power of `exponent`, for a positive base.
pub(crate) fn pow(base: f64, exponent: f64) -> f64 {
    exp(exponent * ln(base))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn logarithm_and_power_agree_with_the_standard_library(x in 1e-9f64..1e9, y in -3.0f64..3.0) {
            prop_assert!((ln(x) - x.ln()).abs() < 1e-11);
            prop_assert!((exp(y) / y.exp() - 1.0).abs() < 1e-12);
            prop_assert!((pow(x, y) / x.powf(y) - 1.0).abs() < 1e-9);
        }
    }
}
