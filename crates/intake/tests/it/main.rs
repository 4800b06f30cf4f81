//! Files as people send them.

use intake::{Document, Error, Kind, documents};

const STORY: &str = "Gunmen attacked a police post in the valley on Tuesday, the interior ministry said, and four officers were killed in the \
fighting that followed. The ministry said that the attackers had fled into the mountains and that troops were searching for them.";

fn one(kind: Kind, bytes: &[u8]) -> Document {
    let mut all = documents(kind, bytes).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_page_is_its_article_without_what_stands_around_it() {
    let page = format!(
        "<!DOCTYPE html><html><head><title>Post attacked | The Paper</title><meta property=\"og:site_name\" content=\"The Paper\">\
         <meta property=\"article:published_time\" content=\"2010-09-21T08:00:00Z\"><script>var x = 'never shown';</script></head><body>\
         <nav><a href=\"/\">Home</a><a href=\"/sport\">Sport</a></nav><article><h1>Post attacked</h1><p>{STORY}</p><p>{STORY}</p>\
         <p>{STORY}</p></article><aside>Subscribe to our newsletter</aside><footer>Copyright The Paper</footer></body></html>"
    );
    assert_eq!(Kind::of("page", page.as_bytes()), Kind::Html);
    let d = one(Kind::Html, page.as_bytes());
    assert!(d.text.contains("four officers were killed"), "{}", d.text);
    for noise in ["never shown", "Sport", "newsletter", "Copyright"] {
        assert!(!d.text.contains(noise), "{noise}: {}", d.text);
    }
    // Paragraphs stay apart.
    assert_eq!(d.text.matches("\n\nGunmen").count(), 2, "{}", d.text);
    assert!(d.title.unwrap().starts_with("Post attacked"));
    assert_eq!((d.publisher.as_deref(), d.published.as_deref()), (Some("The Paper"), Some("2010-09-21T08:00:00Z")));
    assert_eq!(d.language, Some("eng"));
}

#[test]
fn encodings_are_detected_and_languages_told() {
    let russian = "Боевики напали на колонну военнослужащих в ущелье Камароб. Министерство обороны сообщило, что погибли двадцать пять человек, \
ещё десять ранены. Ответственность за нападение взяло на себя Исламское движение Узбекистана.";
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
    let d = one(Kind::Text, &bytes);
    assert_eq!((d.encoding, d.language, d.is_read()), ("windows-1251", Some("rus"), false));
    assert_eq!(d.text.trim(), russian);
    let page = format!(
        "<html><head><meta charset=\"windows-1251\"></head><body><article><p>{russian}</p><p>{russian}</p></article></body></html>"
    );
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(&page);
    let d = one(Kind::Html, &bytes);
    assert!(d.text.contains("Камароб"), "{}", d.text);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(STORY.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(one(Kind::Text, &utf16).text.trim(), STORY);
    let d = one(Kind::Text, "Two dead.".as_bytes());
    assert!(d.is_read(), "too short to tell is read");
}

#[test]
fn mail_is_its_text_whatever_it_is_wrapped_in() {
    let mail = "From: \"The Agency\" <desk@agency.example>\r\nSubject: =?utf-8?Q?Post_attacked?=\r\nDate: Tue, 21 Sep 2010 08:00:00 +0500\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\r\nFour officers were =\r\nkilled.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Another <b>form</b></p>\r\n--b--\r\n";
    assert_eq!(Kind::of("x.eml", mail.as_bytes()), Kind::Mail);
    let d = one(Kind::Mail, mail.as_bytes());
    assert_eq!(d.text, "Four officers were killed.\n");
    assert_eq!((d.title.as_deref(), d.published.as_deref()), (Some("Post attacked"), Some("2010-09-21")));
    assert_eq!(d.publisher.as_deref(), Some("The Agency"));
}

#[test]
fn feeds_and_json_lines_are_many_reports() {
    let feed = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>The Paper</title><item><title>One</title><link>http://paper.example/1</link>\
<pubDate>Tue, 21 Sep 2010 08:00:00 GMT</pubDate><description>&lt;p&gt;Four officers were killed.&lt;/p&gt;</description></item>\
<item><title>Two</title><description>Nothing happened.</description></item></channel></rss>";
    assert_eq!(Kind::of("x", feed.as_bytes()), Kind::Feed);
    let all = documents(Kind::Feed, feed.as_bytes()).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].text.trim(), "Four officers were killed.");
    assert_eq!(
        (all[0].published.as_deref(), all[0].url.as_deref()),
        (Some("2010-09-21"), Some("http://paper.example/1"))
    );
    assert_eq!(all[0].publisher.as_deref(), Some("The Paper"));

    let rows = "{\"title\":\"One\",\"text\":\"Four officers were killed.\",\"date\":\"2010-09-21\"}\n\n{\"body\":\"Nothing happened.\"}\n";
    let all = documents(Kind::JsonLines, rows.as_bytes()).unwrap();
    assert_eq!((all.len(), all[0].published.as_deref()), (2, Some("2010-09-21")));
    let Err(Error::Bad(why)) = documents(Kind::JsonLines, b"{\"text\":\"a\"}\n{\"title\":\"b\"}\n") else { panic!() };
    assert!(why.starts_with("line 2: expected an object with `text`"), "{why}");
}

/// A PDF of one page with one line, written by hand.
fn pdf(line: &str) -> Vec<u8> {
    let content = format!("BT /F1 12 Tf 72 720 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".into(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".into(),
    ];
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut at = Vec::new();
    for (i, o) in objects.iter().enumerate() {
        at.push(out.len());
        out.extend(format!("{} 0 obj\n{o}\nendobj\n", i + 1).bytes());
    }
    let xref = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for a in at {
        out.extend(format!("{a:010} 00000 n \n").bytes());
    }
    out.extend(format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n", objects.len() + 1).bytes());
    out
}

#[test]
fn a_pdf_is_its_text_layer() {
    let d = one(Kind::Pdf, &pdf("Four officers were killed."));
    assert_eq!(d.text.trim(), "Four officers were killed.");
    assert!(matches!(documents(Kind::Pdf, &pdf("")), Err(Error::NoText(_))));
}

#[test]
fn what_strangers_send_is_an_error_and_no_more() {
    let bad = |kind, bytes: &[u8]| documents(kind, bytes).unwrap_err().to_string();
    assert!(
        bad(Kind::Text, &[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0xff])
            .contains("not the bytes of a text")
    );
    assert!(bad(Kind::Text, b"  \n ").contains("it is empty"));
    assert!(bad(Kind::Html, &b"<div>".repeat(5_000)).contains("deep in one another"));
    assert!(bad(Kind::Pdf, b"%PDF-1.7 and then nothing of the kind").contains("cannot be read as a PDF"));
    assert!(bad(Kind::Pdf, b"<html>").contains("should begin with %PDF-"));
    assert!(bad(Kind::Feed, b"<rss><channel>").contains("no RSS or Atom feed"));
    let cut = pdf("Four officers were killed.");
    for end in (0..cut.len()).step_by(37) {
        let _ = documents(Kind::Pdf, &cut[..end]);
    }
    // Any bytes, whatever they are said to be.
    let mut noise = Vec::new();
    let mut x = 7u32;
    for n in 0..300 {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push((x >> 24) as u8);
        if n % 50 == 0 {
            for kind in [Kind::Text, Kind::Html, Kind::Mail, Kind::Feed, Kind::JsonLines] {
                let _ = documents(kind, &noise);
            }
        }
    }
}
