//! Values against integers.

use super::super::*;

/// Every operator on every pair of small values, against integers.
#[test]
fn small_widths_exhaustively() {
    for shape in [u(1), u(4), s(1), s(4), s(5)] {
        let (width, all) = (shape.width, 0..1i128 << shape.width);
        let wrap = |x: i128| Value::wrapped(shape, x);
        for (x, y) in all.clone().flat_map(|x| all.clone().map(move |y| (x, y))) {
            let (a, b) = (wrap(x), wrap(y));
            let (n, m) = (a.to_i128().unwrap_or(99), b.to_i128().unwrap_or(99));
            assert_eq!(n.rem_euclid(1 << width), x);
            assert_eq!(a + b, wrap(n + m));
            assert_eq!(a - b, wrap(n - m));
            assert_eq!(a * b, wrap(n * m));
            assert_eq!(-a, wrap(-n));
            assert_eq!(!a, wrap(!n));
            assert_eq!((a & b, a | b, a ^ b), (wrap(x & y), wrap(x | y), wrap(x ^ y)));
            assert_eq!((a < b, a <= b, a == b), (n < m, n <= m, n == m));
            let k = (y as u32) % (width + 2);
            assert_eq!(a >> k, wrap(n >> k), "{a:?} >> {k}");
            assert_eq!(a << k, wrap(n << k));
            for to in [u(3), s(3), u(9), s(9)] {
                assert_eq!(a.resize(to), Value::wrapped(to, n), "{a:?} to {to}");
            }
            assert_eq!(a.concat(b).to_u64() as i128, y << width | x);
            assert_eq!((a.any(), a.all()), (x != 0, x == (1 << width) - 1));
        }
    }
}

/// Wide values agree with the same operation done in parts.
#[test]
fn wide_values() {
    let shape = u(300);
    let a = Value::from_limbs(shape, &[u64::MAX, 1, u64::MAX, u64::MAX, u64::MAX]);
    let one = shape.value(1);
    assert_eq!((a + one).limbs(), [0, 2, u64::MAX, u64::MAX, (1 << 44) - 1]);
    assert_eq!(
        (shape.zero() - one).limbs(),
        [u64::MAX, u64::MAX, u64::MAX, u64::MAX, (1 << 44) - 1]
    );
    assert_eq!(a.slice(64, 70).limbs(), [1, 63]);
    assert_eq!((a << 65) >> 65, a.slice(0, 235).resize(shape));
    assert_eq!(a.hex().len(), 75);
    let b = Value::from_limbs(shape, &[0, 3]);
    assert_eq!((a * b).slice(64, 128).limbs(), [(u64::MAX as u128 * 3) as u64, 5]);
    assert_eq!((!s(300).zero() >> 299u32), !s(300).zero());
    assert_eq!(Value::wrapped(s(300), -5).to_i128(), Some(-5));
    assert!(Value::wrapped(s(300), -5) < s(300).zero());
}
