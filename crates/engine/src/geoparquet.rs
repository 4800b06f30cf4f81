//! Events as GeoParquet 1.1: points in WKB, beside what is believed of each event.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::WriterProperties;

use crate::stage::assess::Assessment;
use crate::tables::{Cell, parquet, r, t, table};

/// The standard's description of the column of points (longitude and latitude in OGC:CRS84, which is the default).
const GEO: &str = r#"{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":["Point"]}}}"#;

/// A point as well-known binary, little-endian.
fn wkb([lon, lat]: [f64; 2]) -> Vec<u8> {
    let mut out = vec![1, 1, 0, 0, 0];
    out.extend(lon.to_le_bytes());
    out.extend(lat.to_le_bytes());
    out
}

/// The events of an assessment; what nobody can place has no geometry.
///
/// # Errors
/// What the writer says.
pub fn geoparquet(a: &Assessment) -> Result<Vec<u8>, String> {
    let rows: Vec<Vec<Cell>> = a
        .events
        .iter()
        .map(|e| {
            vec![
                t(e.id.trim_start_matches("event:")),
                t(&e.kind),
                Cell::T(e.sub_type.clone()),
                r(e.probability),
                Cell::D(Some(e.days[0].0)),
                Cell::D(Some(e.days[1].0)),
                Cell::R(e.radius_km),
                Cell::T(e.who.first().map(|w| w.actor.clone())),
                Cell::R(e.who.first().map(|w| w.probability)),
                t(&a.case.tlp),
            ]
        })
        .collect();
    let columns = [
        ('t', "id", "Event id."),
        ('t', "type", "ACLED type."),
        ('t', "sub_type", "ACLED sub-type."),
        ('r', "probability", "P(it happened)."),
        ('d', "first_day", "5 % of the belief lies before this day."),
        ('d', "last_day", "5 % of the belief lies after this day."),
        ('r', "radius_km", "Radius in kilometres that holds 90 % of the belief."),
        ('t', "perpetrator", "Likeliest perpetrator, or unknown."),
        ('r', "perpetrator_probability", "P(that it did it | it happened)."),
        ('t', "tlp", "Marking."),
    ];
    let batch = table("events", "One event.", &columns, rows).to_batch()?;
    let points: Vec<Option<Vec<u8>>> = a.events.iter().map(|e| e.place.map(wkb)).collect();
    let points: ArrayRef = Arc::new(BinaryArray::from_iter(points));
    let mut fields: Vec<Field> = batch.schema().fields().iter().map(|f| f.as_ref().clone()).collect();
    fields.push(Field::new("geometry", DataType::Binary, true));
    let mut arrays = batch.columns().to_vec();
    arrays.push(points);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|e| e.to_string())?;
    let properties = WriterProperties::builder()
        .set_created_by("bellwether".into())
        .set_key_value_metadata(Some(vec![KeyValue::new("geo".into(), GEO.to_owned())]))
        .build();
    parquet(&batch, properties)
}
