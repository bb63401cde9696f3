package lyceum.plot.render;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import lyceum.plot.Figure;
import lyceum.plot.Samples;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class VegaLiteTest {

    @Test void everyKindNamesItsSchemaTitleDescriptionAndData() {
        for (var f : Samples.all()) {
            var spec = VegaLite.spec(f);
            assertThat(spec.get("$schema").asString()).isEqualTo(VegaLite.SCHEMA);
            assertThat(spec.get("title").asString()).isEqualTo(f.title());
            assertThat(spec.get("description").asString()).isEqualTo(f.description());
            var rows = spec.findValues("values").stream().filter(JsonNode::isArray).mapToInt(JsonNode::size).sum();
            assertThat(rows).as(f.title()).isPositive();
            assertThat(spec.toString()).as(f.title()).doesNotContain("NaN", "Infinity").doesNotContain("\"url\":\"http");
        }
    }

    @Test void axesCarryTheirLabelsAndLogarithms() {
        var encoding = VegaLite.spec(Samples.longTail()).get("layer").get(0).get("encoding");
        assertThat(encoding.get("y").get("title").asString()).isEqualTo("time (s)");
        assertThat(encoding.get("x").get("scale").get("type").asString()).isEqualTo("log");
    }

    @Test void coloursComeFromTheConfigInTheOrderOfTheSeries() {
        var scale = VegaLite.spec(Samples.scatter()).get("layer").get(1).get("encoding").get("color").get("scale");
        assertThat(scale.has("range")).isFalse();
        assertThat(texts(scale.get("domain"))).containsExactly("setosa", "versicolor", "virginica");
        assertThat(texts(VegaLite.config(Theme.DARK).get("range").get("category"))).isEqualTo(Theme.DARK.series());
    }

    @Test void namesAreDataAndNeverExpressions() {
        var evil = "a'+alert(1)+'\"\\";
        var spec = VegaLite.spec(Figure.plot("t").line(evil, new double[] {0, 1}, new double[] {0, 1}));
        var calculated = spec.get("layer").get(0).get("transform").get(0).get("calculate").asString();
        assertThat(calculated).isEqualTo("\"a'+alert(1)+'\\\"\\\\\"");
    }

    @Test void aSequenceHasASliderAndALayerForEachFrame() {
        var spec = VegaLite.spec(Samples.frames());
        assertThat(spec.get("params").get(0).get("bind").get("max").asInt()).isEqualTo(3);
        assertThat(spec.get("params").get(0).get("bind").get("name").asString()).isEqualTo("frequency");
        assertThat(spec.get("layer").size()).isEqualTo(4);
        assertThat(spec.get("layer").get(2).get("transform").get(0).get("filter").asString()).isEqualTo("frame == 2");
    }

    @Test void crossesAreInkAndTakeNoColourOfThePalette() {
        var plot = Figure.scatter("t", new double[] {0, 1}, new double[] {0, 1}, new int[] {0, 1}, "a", "b")
                .points("centres", new double[] {0.5}, new double[] {0.5}).crosses();
        var spec = VegaLite.spec(plot);
        assertThat(texts(spec.get("layer").get(0).get("encoding").get("color").get("scale").get("domain"))).containsExactly("a", "b");
        var cross = spec.get("layer").get(3);
        assertThat(cross.get("mark").get("style").asString()).isEqualTo("ink");
        assertThat(cross.get("encoding").has("color")).isFalse();
        assertThat(texts(cross.get("encoding").get("shape").get("scale").get("domain"))).containsExactly("centres");
        assertThat(VegaLite.config(Theme.DARK).get("style").get("ink").get("color").asString()).isEqualTo(Theme.DARK.ink());
        assertThat(Svg.inline(plot, 400)).contains("stroke=\"var(--ink");
        assertThat(new TerminalText().draw(plot)).contains("★ centres");
        assertThat(Figure.fromJson(plot.toJson())).isEqualTo(plot);
    }

    @Test void titlesOfPanelsStandOnOneLine() {
        var bare = Figure.plot("bare").line("", new double[] {0, 1}, new double[] {0, 1});
        var named = Figure.scatter("named", new double[] {0, 1}, new double[] {0, 1}, new int[] {0, 1}, "a", "b").axes("x", "y");
        var views = VegaLite.spec(Figure.row("both", bare, named)).get("concat");
        assertThat(views.get(0).get("title").get("offset").asInt()).isGreaterThan(14);
        assertThat(views.get(1).get("title").asString()).isEqualTo("named");
    }

    @Test void panelsAreViewsOfTheirOwn() {
        var spec = VegaLite.spec(Samples.panels());
        assertThat(spec.get("columns").asInt()).isEqualTo(2);
        assertThat(spec.get("concat").size()).isEqualTo(4);
    }

    @Test void aNarrowBoxHasOnePanelBesideAnotherOnlyWhereThereIsRoom() {
        assertThat(VegaLite.spec(Samples.panels(), 320).get("columns").asInt()).isEqualTo(1);
        assertThat(VegaLite.spec(Samples.panels(), 560).get("columns").asInt()).isEqualTo(2);
        assertThat(VegaLite.spec(Samples.contour(), 320).findValue("width").asInt()).isLessThanOrEqualTo(250);
    }

    @Test void aSurfaceIsOnePictureWithinItsFrame() {
        var surface = Figure.plot("Bowl")
                .surface(new double[] {-1, 0, 1}, new double[] {-1, 0, 1}, new double[][] {{2, 1, 2}, {1, 0, 1}, {2, 1, 2}}).limitX(-1, 1);
        var marks = VegaLite.spec(surface).get("layer").findValues("mark");
        assertThat(marks.get(0).get("type").asString()).isEqualTo("image");
        assertThat(marks).allSatisfy(mark -> assertThat(mark.get("clip").asBoolean()).isTrue());
    }

    @Test void aHundredThousandPointsAreThinned() {
        var rng = new Random(3);
        var x = rng.doubles(100_000).sorted().toArray();
        var y = rng.doubles(100_000).toArray();
        assertThat(VegaLite.spec(Figure.line("t", x, y)).toString()).hasSizeLessThan(200_000);
        assertThat(VegaLite.spec(Figure.scatter("t", x, y)).toString()).hasSizeLessThan(300_000);
    }

    private static List<String> texts(JsonNode array) {
        var out = new ArrayList<String>();
        array.forEach(n -> out.add(n.asString()));
        return out;
    }
}
