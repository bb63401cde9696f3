package lyceum.plot.render;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.List;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import lyceum.plot.Figure;
import lyceum.plot.Samples;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class SvgTest {

    @Test void everyKindIsWellFormedAndSaysWhatItShows() throws Exception {
        for (var f : Samples.all()) {
            for (var svg : new String[] {Svg.write(f, Theme.LIGHT), Svg.write(f, Theme.DARK)}) {
                var doc = parsed(svg);
                assertThat(doc.getDocumentElement().getTagName()).isEqualTo("svg");
                assertThat(doc.getElementsByTagName("title").item(0).getTextContent()).isEqualTo(f.title());
                assertThat(doc.getElementsByTagName("desc").item(0).getTextContent()).isEqualTo(f.description());
                assertThat(svg).as(f.title()).doesNotContain("NaN", "Infinity", "<style", "style=", "<script").hasSizeLessThan(60_000);
            }
        }
    }

    @Test void onAPageTheNameIsALabelAndNoTooltip() throws Exception {
        for (var f : Samples.all()) {
            var doc = parsed(Svg.inline(f, 360));
            assertThat(doc.getDocumentElement().getAttribute("aria-label")).isEqualTo(f.title() + ". " + f.description());
            assertThat(doc.getElementsByTagName("title").getLength()).isZero();
        }
        assertThat(parsed(Svg.inline(Samples.loss().titled(""), 360)).getDocumentElement().getAttribute("aria-label"))
                .isEqualTo(Samples.loss().description());
    }

    @Test void textsCannotBecomeMarkup() throws Exception {
        var evil = "</text><script>alert(1)</script> & \"'<";
        var svg = Svg.write(Figure.line(evil, new double[] {1, 2}).named(evil).axes(evil, evil).verticalLine(0.5, evil).describedAs(evil),
                Theme.LIGHT);
        assertThat(parsed(svg).getElementsByTagName("script").getLength()).isZero();
        assertThat(parsed(svg).getElementsByTagName("desc").item(0).getTextContent()).isEqualTo(evil);
    }

    /** A card's picture sat small in its card, since legends and labels made it higher than the card is. */
    @Test void aPlotFillsTheBoxThatItIsSetInto() {
        var scatter = Figure.plot("Heaps").points("one", new double[] {1, 2, 3}, new double[] {1, 5, 2})
                .points("two", new double[] {2}, new double[] {3}).axes("x", "y");
        for (var plot : List.of(Samples.loss(), Samples.loss().titled(""), scatter)) {
            for (double height : new double[] {200, 252, 400})
                assertThat(Svg.inline(plot, 420, height)).contains(" viewBox=\"0 0 420 " + Svg.n(height) + "\"");
        }
        var square = Figure.row("two", scatter, scatter);
        assertThat(Svg.inline(square, 420, 252)).isEqualTo(Svg.inline(square, 420));
    }

    @Test void inlinePicturesTakeTheColoursOfThePage() {
        var svg = Svg.inline(Samples.loss(), 480);
        assertThat(svg).contains("var(--series-1,#0072b2)", "var(--quiet,", "var(--series-2-text,").doesNotContain("fill=\"#1e1d1a\"");
        assertThat(Svg.properties(Theme.DARK)).contains("--paper:#151613", "--series-1:#4aa3df", "--series-8-text:");
    }

    @Test void aHundredThousandPointsBecomeASmallPicture() {
        int n = 100_000;
        var rng = new Random(1);
        var x = new double[n];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = i;
            y[i] = rng.nextGaussian();
        }
        assertThat(Svg.write(Figure.line("noise", x, y), Theme.LIGHT)).hasSizeLessThan(60_000);
        assertThat(Svg.write(Figure.scatter("noise", y, x), Theme.LIGHT)).hasSizeLessThan(250_000);
        assertThat(Svg.write(Figure.plot("band").band("b", x, y, y), Theme.LIGHT)).hasSizeLessThan(120_000);
    }

    @Test void seriesOfOneNameShareAColour() {
        var svg = Svg.write(Samples.intervals(), Theme.LIGHT);
        assertThat(svg).contains("fill=\"#0072b2\" fill-opacity=\".22\"", "stroke=\"#0072b2\" stroke-width=\"2\"");
    }

    @Test void numbersAreShort() {
        assertThat(Svg.n(0.5)).isEqualTo(".5");
        assertThat(Svg.n(-0.25)).isEqualTo("-.25");
        assertThat(Svg.n(123.456)).isEqualTo("123.5");
        assertThat(Svg.n(-0.001)).isEqualTo("0");
    }

    static Document parsed(String xml) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    }
}
