package lyceum.plot.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.plot.Figure;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class EqualScalesTest {

    @Test void oneUnitIsAsLongAcrossAsUpWhateverTheData() {
        double[][] spans = {{1, 1}, {1000, 1}, {1, 1000}, {3, 2}, {40, 1}, {1e-9, 1e9}};
        for (var span : spans) {
            var data = new Extent.Both(new Extent(0, span[0]), new Extent(-span[1], 0));
            var frame = EqualFrame.of(data, 560, 300);
            double across = frame.width() / (frame.extent().x().high() - frame.extent().x().low());
            double up = frame.height() / (frame.extent().y().high() - frame.extent().y().low());

            assertThat(across / up).isCloseTo(1, within(1e-9));
            assertThat(frame.width()).isBetween(140.0, 560.0);
            assertThat(frame.height()).isBetween(140.0, 300.0);
            assertThat(frame.extent().x().low()).isLessThanOrEqualTo(0);
            assertThat(frame.extent().x().high()).isGreaterThanOrEqualTo(span[0]);
        }
    }

    @Test void wideDataKeepTheirShapeInEveryPicture() {
        var figure = Figure.scatter("Wide", new double[] {0, 0, 1, 100}, new double[] {0, 1, 0, 0}).equalScales();
        var view = VegaLite.spec(figure);
        var spec = view.findValue("layer").get(0).get("encoding");
        double unitX = view.findValue("width").asDouble() / span(spec.get("x").get("scale").get("domain"));
        double unitY = view.findValue("height").asDouble() / span(spec.get("y").get("scale").get("domain"));

        assertThat(unitX / unitY).isCloseTo(1, within(0.02));
    }

    private static double span(JsonNode domain) { return domain.get(1).asDouble() - domain.get(0).asDouble(); }

    @Test void exponentsAreRaisedPlainCharacters() {
        var svg = Svg.write(Figure.line("Loss in cm²", new double[] {1, 2, 3}, new double[] {1e-8, 1e-6, 1e-4}).logY().axes("step", "loss"),
                Theme.LIGHT);

        assertThat(svg).contains(">10<tspan dy=\"-4\" font-size=\"7.9\">−6</tspan></text>").doesNotContain("10⁻");
        assertThat(Exponents.runs("2×10⁻⁷ m² a")).containsExactly(new Exponents.Run("2×10", false), new Exponents.Run("−7", true),
                new Exponents.Run(" m", false), new Exponents.Run("2", true), new Exponents.Run(" a", false));
        assertThat(Exponents.runs("")).hasSize(1);
    }
}
