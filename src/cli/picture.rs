//! The diagram as PNG. The font that every text is laid out for comes with the program, so the same diagram gives the same bytes on
//! every machine, whatever fonts it has.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// The least width, in pixels.
const WIDTH: f32 = 2400.0;
/// The least zoom: the smallest text stays legible.
const ZOOM: f32 = 2.0;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureError {
    /// The drawing cannot be read.
    #[error("the diagram cannot be made a PNG: {0}; take --format svg")]
    Drawing(#[from] resvg::usvg::Error),
    /// There is no memory for so many pixels.
    #[error(
        "the diagram cannot be made a PNG: {width} x {height} pixels are too many; take --format svg"
    )]
    Size { width: u32, height: u32 },
    /// The pixels cannot be written.
    #[error("the diagram cannot be made a PNG: {0}; take --format svg")]
    Pixels(#[from] png::EncodingError),
}

/// The SVG as PNG, at least 2,400 pixels wide, with its text alternative.
pub(super) fn png(svg: &str, description: &str) -> Result<Vec<u8>, PictureError> {
    let mut options = Options { font_family: "DejaVu Sans".to_owned(), ..Options::default() };
    let fonts = options.fontdb_mut();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.load_font_data(dejavu::sans::bold().to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size();
    let zoom = (WIDTH / size.width()).max(ZOOM);
    let [width, height] =
        [size.width(), size.height()].map(|side| (side * zoom).round().max(1.0) as u32);
    let mut pixels = Pixmap::new(width, height).ok_or(PictureError::Size { width, height })?;
    let scale = Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
    resvg::render(&tree, scale, &mut pixels.as_mut());
    Ok(encode(&pixels, description)?)
}

/// Without transparency: the sheet covers everything.
fn encode(pixels: &Pixmap, description: &str) -> Result<Vec<u8>, png::EncodingError> {
    let colors: Vec<u8> =
        pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.set_source_srgb(png::SrgbRenderingIntent::RelativeColorimetric);
    encoder.add_itxt_chunk("Description".to_owned(), description.to_owned())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&colors)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"340\">\
        <rect width=\"640\" height=\"340\" fill=\"#f8f9fa\"/>\
        <text x=\"20\" y=\"60\" font-size=\"40\" font-family=\"DejaVu Sans\" fill=\"#17202b\">lb-1</text></svg>";

    #[test]
    fn words_leave_ink_and_the_ground_keeps_its_colour() {
        let bytes = png(SVG, "a balancer").unwrap();
        let pixels = Pixmap::decode_png(&bytes).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (2400, 1275));
        let corner = pixels.pixel(0, 0).unwrap();
        assert_eq!((corner.red(), corner.green(), corner.blue()), (0xf8, 0xf9, 0xfa));
        assert!(pixels.pixels().iter().filter(|pixel| pixel.red() < 0x40).count() > 1000);
    }

    #[test]
    fn what_is_no_drawing_is_told_with_the_cure() {
        let error = png("<p/>", "").unwrap_err().to_string();
        assert!(error.contains("--format svg"), "{error}");
    }
}
