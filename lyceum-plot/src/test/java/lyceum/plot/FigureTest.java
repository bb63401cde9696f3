package lyceum.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FigureTest {

    @Test void everyKindComesBackEqualFromJson() {
        for (var f : Samples.all()) assertThat(Figure.fromJson(f.toJson())).as(f.title()).isEqualTo(f);
    }

    @Test void valuesThatAreNotFiniteSurviveJson() {
        var f = Figure.line("gaps", new double[] {0, 1, 2, 3},
                new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0});
        assertThat(Figure.fromJson(f.toJson())).isEqualTo(f);
    }

    @Test void unequalLengthsNameBoth() {
        assertThatExceptionOfType(FigureException.class).isThrownBy(() -> Figure.line("t", new double[3], new double[2]))
                .withMessageContaining("x has 3").withMessageContaining("y has 2");
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> Figure.bar("t", new String[] {"a"}, new double[2]))
                .withMessageContaining("categories has 1").withMessageContaining("has 2");
        assertThatExceptionOfType(FigureException.class).isThrownBy(() -> Figure.heatmap("t", new double[][] {{1, 2}, {3}}))
                .withMessageContaining("row 0 has 2").withMessageContaining("row 1 has 1");
        assertThatExceptionOfType(FigureException.class)
                .isThrownBy(() -> Figure.scatter("t", new double[1], new double[1], new int[] {2}, "a")).withMessageContaining("class 2");
        assertThatExceptionOfType(FigureException.class)
                .isThrownBy(() -> Figure.tree("t", List.of(Node.of("a")), List.of(Edge.of("a", "b")))).withMessageContaining("no node 'b'");
    }

    @Test void restylingSaysWhatItActsOn() {
        assertThatExceptionOfType(FigureException.class).isThrownBy(() -> Figure.line("t", new double[2]).stacked())
                .withMessage("stacked() acts on bars; the last layer is Line");
        assertThatExceptionOfType(FigureException.class).isThrownBy(() -> Figure.plot("t").dashed()).withMessageContaining("missing");
    }

    @Test void aFigureDoesNotSeeLaterChangesOfItsArrays() {
        var y = new double[] {1, 2};
        var f = Figure.line("t", y);
        y[0] = 9;
        assertThat(((Layer.Line) f.layers().getFirst()).y().get(0)).isEqualTo(1);
    }

    @Test void controlCharactersNeverReachATerminal() {
        var f = Figure.line("red \u001b[31m\u202e and \ud800 half", new double[] {1}).axes("a\nb", "c\u0000");
        assertThat(f.title()).isEqualTo("red  [31m  and   half");
        assertThat(f.x().label()).isEqualTo("a b");
    }

    @Test void linesOverOneXMakeAWideTable() {
        var x = new double[] {1, 2};
        var t = Figure.plot("t").line("train", x, new double[] {3, 4}).add("test", x, new double[] {5, Double.NaN})
                .axes("epoch", "loss, \"nats\"").table();
        assertThat(t.toCsv()).isEqualTo("epoch,train,test\r\n1,3,5\r\n2,4,\r\n");
    }

    @Test void linesOverDifferentXMakeALongTable() {
        var t = Figure.plot("t").line("a", new double[] {1}, new double[] {3}).line("b", new double[] {2}, new double[] {4}).axes("x, m",
                "y");
        assertThat(t.toCsv()).isEqualTo("series,\"x, m\",y\r\na,1,3\r\nb,2,4\r\n");
    }

    @Test void everyKindHasItsDataAsATable() {
        for (var f : Samples.all()) {
            assertThat(f.table().rows()).as(f.title()).isNotEmpty();
            assertThat(f.table().columns()).as(f.title()).doesNotHaveDuplicates();
        }
        assertThat(Samples.confusion().table().columns()).containsExactly("true", "cat", "dog", "horse", "frog");
        assertThat(Samples.bars().table().columns()).containsExactly("data set", "tree", "forest", "k-NN", "tree low", "tree high");
    }

    @Test void histogramBinsHoldEveryFiniteValue() {
        var rng = new Random(5);
        for (int trial = 0; trial < 200; trial++) {
            double scale = Math.pow(10, rng.nextInt(-20, 20));
            var v = rng.doubles(rng.nextInt(0, 300)).map(d -> rng.nextInt(20) == 0 ? Double.NaN : scale * (d + rng.nextGaussian()))
                    .toArray();
            var h = (Layer.Histogram) Figure.histogram("t", v).layers().getFirst();
            assertThat(h.heights().stream().sum()).isEqualTo(Arrays.stream(v).filter(Double::isFinite).count());
        }
        for (var v : new double[][] {{}, {1}, {1, 1, 1}, {1e300, -1e300, 1.7e308, -1.7e308}, {Double.MIN_VALUE, 0}, {1e16, 1e16 + 2},
                {0, 1e-320}}) {
            assertThat(((Layer.Histogram) Figure.histogram("t", v).layers().getFirst()).heights().stream().sum()).isEqualTo(v.length);
        }
    }

    @Test void aSecondHistogramUsesTheBinsOfTheFirst() {
        var f = Figure.histogram("t", new double[] {0, 1, 2, 3, 4, 5.5}, 4).named("a").add("b", new double[] {-2, 9});
        var a = (Layer.Histogram) f.layers().get(0);
        var b = (Layer.Histogram) f.layers().get(1);
        assertThat(b.edges().toArray()).contains(a.edges().toArray());
        assertThat(b.heights().stream().sum()).isEqualTo(2);
    }

    @Test void hostileJsonIsRefusedByOneException() {
        for (var json : List.of("", "null", "[]", "3", "{}", "{\"kind\":\"plot\",\"layers\":[null]}", "{\"kind\":\"java.lang.Runtime\"}",
                "{\"kind\":\"plot\",\"layers\":[{\"kind\":\"line\"}]}",
                "{\"kind\":\"plot\",\"layers\":[{\"kind\":\"line\",\"x\":[[1]],\"y\":[1]}]}",
                "{\"kind\":\"plot\",\"layers\":[{\"kind\":\"line\",\"x\":[1e999],\"y\":[\"x\"]}]}", "[".repeat(100_000),
                "{\"kind\":\"plot\",\"layers\":[{\"kind\":\"images\",\"columns\":1,\"images\":[{\"width\":65536,\"height\":65536,\"channels\":1,\"pixels\":[]}]}]}",
                "{\"kind\":\"panels\",\"columns\":2147483648,\"figures\":[]}", "{\"kind\":\"plot\",\"formatVersion\":2}",
                "{\"kind\":\"plot\",\"title\":\"" + "x".repeat(30_000) + "\"}",
                "{\"kind\":\"panels\",\"columns\":1,\"figures\":[".repeat(30))) {
            assertThatExceptionOfType(FigureException.class).as(json.substring(0, Math.min(80, json.length())))
                    .isThrownBy(() -> Figure.fromJson(json));
        }
    }

    @Test void mutatedJsonIsAFigureOrAFigureException() {
        var rng = new Random(11);
        var documents = Samples.all().stream().map(Figure::toJson).filter(j -> j.length() < 20_000).toList();
        for (int trial = 0; trial < 5_000; trial++) {
            var json = new StringBuilder(documents.get(rng.nextInt(documents.size())));
            for (int m = rng.nextInt(1, 4); m > 0; m--) {
                int at = rng.nextInt(json.length());
                switch (rng.nextInt(4)) {
                    case 0 -> json.setCharAt(at, "\"{}[],:0129-e.n\\\u0000".charAt(rng.nextInt(16)));
                    case 1 -> json.deleteCharAt(at);
                    case 2 -> json.insert(at, "null,");
                    default -> json.delete(at, Math.min(json.length(), at + rng.nextInt(1, 200)));
                }
            }
            try {
                Figure.fromJson(json.toString());
            } catch (FigureException expected) {
                assertThat(expected.getMessage()).isNotBlank();
            }
        }
    }

    @Test void aLongSequenceKeepsItsFirstItsLastAndAboutWhereItStarts() {
        var steps = Figure
                .frames("steps", "step", IntStream.range(0, 101).mapToObj(i -> Figure.line("step " + i, new double[] {i})).toList())
                .startingAt(50);
        var few = steps.thinned(5);
        assertThat(few.labels()).containsExactly("0", "25", "50", "75", "100");
        assertThat(few.first()).isEqualTo(2);
        assertThat(Figure.fromJson(few.toJson())).isEqualTo(few);
        assertThat(steps.thinned(101)).isSameAs(steps);
        assertThatExceptionOfType(FigureException.class).isThrownBy(() -> steps.startingAt(101))
                .withMessage("the sequence 'steps' starts at figure 101; it has 101, counted from 0");
    }
}
