package lyceum.plot.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Layer;
import lyceum.plot.Node;
import lyceum.plot.Numbers;
import lyceum.plot.Samples;
import org.junit.jupiter.api.Test;

class LayoutTest {

    @Test void marksStandAtRoundNumbers() {
        assertThat(Ticks.linear(0, 1, 5, false).labels()).containsExactly("0.0", "0.2", "0.4", "0.6", "0.8", "1.0");
        assertThat(Ticks.linear(-0.07, 2.47, 5, false).labels()).containsExactly("0.0", "0.5", "1.0", "1.5", "2.0");
        assertThat(Ticks.linear(0, 2, 6, true).labels()).containsExactly("0", "1", "2");
        assertThat(Ticks.linear(0, 60_000, 4, false).labels()).containsExactly("0", "20,000", "40,000", "60,000");
        assertThat(Ticks.linear(0, 3e6, 3, false).labels()).containsExactly("0", "10⁶", "2×10⁶", "3×10⁶");
        assertThat(Ticks.linear(-1, 1, 4, false).labels()).containsExactly("−1.0", "−0.5", "0.0", "0.5", "1.0");
        assertThat(Ticks.log(0.004, 12, 3).labels()).as("three at least, and not a dozen").containsExactly("0.01", "0.1", "1", "10");
        assertThat(Ticks.log(1, 10_000, 5).labels()).containsExactly("1", "10", "100", "1,000", "10,000");
        assertThat(Ticks.log(1e-8, 1e-5, 5).labels()).containsExactly("10⁻⁸", "10⁻⁷", "10⁻⁶", "10⁻⁵");
    }

    @Test void marksLieWithinTheirAxisWhateverItIs() {
        var rng = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            double scale = Math.pow(10, rng.nextInt(-300, 300));
            double low = rng.nextGaussian() * scale;
            double high = low + Math.abs(rng.nextGaussian()) * scale * Math.pow(10, rng.nextInt(-12, 3));
            if (!(high > low) || !Double.isFinite(high)) continue;
            var t = Ticks.linear(low, high, 6, false);
            double slack = Math.max(1e-6 * (high - low), 4 * Math.ulp(Math.max(Math.abs(low), Math.abs(high))));
            assertThat(t.at().length).isLessThanOrEqualTo(20);
            for (double at : t.at()) assertThat(at).isBetween(low - slack, high + slack);
        }
    }

    @Test void numbersCarryAsManyDigitsAsMeanSomething() {
        assertThat(List.of(Ticks.number(0), Ticks.number(-0.0), Ticks.number(12), Ticks.number(0.123456), Ticks.number(1234.5),
                Ticks.number(-3.10), Ticks.number(1.5e-7), Ticks.number(2e9), Ticks.number(Double.NaN)))
                .containsExactly("0", "0", "12", "0.1235", "1,235", "−3.1", "1.5×10⁻⁷", "2×10⁹", "");
    }

    @Test void barsAndCountsStandOnZeroAndLinesWhereTheDataSay() {
        assertThat(Extent.of(Figure.bar("t", new String[] {"a"}, new double[] {5})).y().low()).isZero();
        assertThat(Extent.of(Figure.line("t", new double[] {100, 101})).y().low()).isCloseTo(99.965, within(1e-9));
        assertThat(Extent.of(Samples.roc()).y()).isEqualTo(new Extent(0, 1));
        assertThat(Extent.of(Figure.line("t", new double[] {1, 5}).limitY(0, 2)).y()).isEqualTo(new Extent(0, 2));
    }

    @Test void thinningKeepsTheExtremesOfEveryColumnAndTheGaps() {
        int n = 100_000;
        var x = new double[n];
        var y = new double[n];
        var rng = new Random(2);
        for (int i = 0; i < n; i++) {
            x[i] = i;
            y[i] = rng.nextGaussian();
        }
        y[50_123] = 99;
        y[70_001] = -99;
        y[30_000] = Double.NaN;
        var kept = Arrays.stream(Decimation.line(Numbers.of(x), Numbers.of(y), 600)).boxed().toList();
        assertThat(kept).contains(0, 50_123, 70_001, 30_000, n - 1).hasSizeLessThan(2_500).isSorted();
    }

    @Test void thePathOfACircleIsOneClosedLineOfItsRadius() {
        var at = new double[41];
        for (int i = 0; i < 41; i++) at[i] = -2 + 0.1 * i;
        var v = new double[41 * 41];
        for (int r = 0; r < 41; r++) for (int c = 0; c < 41; c++) v[41 * r + c] = Math.hypot(at[r], at[c]);
        var paths = MarchingSquares.lines(Numbers.of(at), Numbers.of(at), Numbers.of(v), 1.03);
        assertThat(paths).hasSize(1);
        var p = paths.getFirst();
        assertThat(p.x()[0]).isEqualTo(p.x()[p.x().length - 1]);
        for (int i = 0; i < p.x().length; i++) assertThat(Math.hypot(p.x()[i], p.y()[i])).isCloseTo(1.03, within(0.005));
    }

    @Test void regionsBecomeFewRectanglesThatCoverEveryCellOnce() {
        var region = (Layer.Region) Samples.regions().layers().getFirst();
        double area = 0;
        int runs = 0;
        for (int k = 0; k < 3; k++) {
            for (var r : RegionRuns.of(region, k)) {
                area += (r.x1() - r.x0()) * (r.y1() - r.y0());
                runs++;
            }
        }
        assertThat(area).isCloseTo(6.1 * 4.1, within(1e-9));
        assertThat(runs).isLessThan(200);
    }

    @Test void parentsStandOverTheMiddleOfTheirChildrenAndEdgesLeadOn() {
        var tree = (Layer.Network) Samples.tree().layers().getFirst();
        var t = new NetworkLayout(tree);
        assertThat(t.place[0]).isEqualTo((t.place[1] + t.place[2]) / 2);
        var g = new NetworkLayout((Layer.Network) Samples.graph().layers().getFirst());
        for (int e = 0; e < g.from.length; e++) assertThat(g.rank[g.to[e]]).isGreaterThan(g.rank[g.from[e]]);
        var cycle = new NetworkLayout(new Layer.Network(List.of(Node.of("a"), Node.of("b")), List.of(Edge.of("a", "b"), Edge.of("b", "a")),
                Layer.Network.Flow.RIGHT));
        assertThat(cycle.rank).containsExactly(0, 1);
    }

    @Test void labelsAreMovedApartWithinTheirBounds() {
        assertThat(Spread.apart(new double[] {50, 50, 51}, 15, 0, 100)).satisfies(y -> {
            assertThat(y[1] - y[0]).isGreaterThanOrEqualTo(15 - 1e-3);
            assertThat(y[2] - y[1]).isGreaterThanOrEqualTo(15 - 1e-3);
        });
        assertThat(Spread.apart(new double[] {-5, 3}, 15, 0, 100)[0]).isCloseTo(0, within(1e-3));
    }

    @Test void textOfSeriesReadsOnPaperInBothThemes() {
        for (var theme : new Theme[] {Theme.LIGHT, Theme.DARK}) {
            for (int i = 0; i < 8; i++) {
                assertThat(Theme.contrast(Theme.rgb(theme.seriesText(i)), Theme.rgb(theme.paper()))).isGreaterThanOrEqualTo(4.5);
                if (i < 4) assertThat(Theme.contrast(Theme.rgb(theme.series(i)), Theme.rgb(theme.paper()))).as(theme.name() + " " + i)
                        .isGreaterThanOrEqualTo(2.5);
            }
            assertThat(Theme.contrast(Theme.rgb(theme.quiet()), Theme.rgb(theme.paper()))).isGreaterThanOrEqualTo(4.5);
        }
    }

    @Test void aPanelsTextIsCutToItsWidth() {
        assertThat(TextWidth.fit("a long label that does not fit", 12, 60)).endsWith("…");
        assertThat(TextWidth.of(TextWidth.fit("a long label that does not fit", 12, 60), 12)).isLessThanOrEqualTo(60);
        assertThat(TextWidth.fit("short", 12, 60)).isEqualTo("short");
    }
}
