//! Functions of ours in SQL: how far apart two places are, and how alike two names.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use model::{LonLat, distance_m};
use names::{Folded, Words};

/// Registers them.
pub(crate) fn register(ctx: &SessionContext) {
    for f in [distance_km(), alike()] {
        ctx.register_udf(f);
    }
}

/// Values to columns of one length, through `work`, and back.
fn over(args: &[ColumnarValue], work: impl Fn(&[ArrayRef]) -> Float64Array) -> Result<ColumnarValue> {
    Ok(ColumnarValue::Array(Arc::new(work(&ColumnarValue::values_to_arrays(args)?))))
}

/// `distance_km(lon, lat, lon, lat)`: kilometres on the sphere; null where a coordinate is.
fn distance_km() -> ScalarUDF {
    create_udf(
        "distance_km",
        vec![DataType::Float64; 4],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(|args: &[ColumnarValue]| {
            over(args, |columns| {
                let c: Vec<&Float64Array> = columns.iter().map(|c| c.as_primitive::<Float64Type>()).collect();
                (0..c[0].len())
                    .map(|i| {
                        let at = |k: usize| (!c[k].is_null(i)).then(|| c[k].value(i));
                        let (a, b) = (LonLat { lon: at(0)?, lat: at(1)? }, LonLat { lon: at(2)?, lat: at(3)? });
                        Some(distance_m(a, b) / 1000.0)
                    })
                    .collect()
            })
        }),
    )
}

/// `alike(name, name)`: from 0 to 1, whatever the script and the spelling; null where a name is.
fn alike() -> ScalarUDF {
    create_udf(
        "alike",
        vec![DataType::Utf8; 2],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(|args: &[ColumnarValue]| {
            over(args, |columns| {
                let (a, b) = (columns[0].as_string::<i32>(), columns[1].as_string::<i32>());
                let words = Words::default();
                (0..a.len())
                    .map(|i| {
                        let known = !a.is_null(i) && !b.is_null(i);
                        known.then(|| words.alike(&Folded::new(a.value(i)), &Folded::new(b.value(i))).0)
                    })
                    .collect()
            })
        }),
    )
}
