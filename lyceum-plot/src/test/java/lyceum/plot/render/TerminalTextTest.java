package lyceum.plot.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import lyceum.plot.Figure;
import lyceum.plot.FigureException;
import lyceum.plot.Samples;
import lyceum.plot.Series;
import org.junit.jupiter.api.Test;

class TerminalTextTest {
    private final TerminalText small = new TerminalText().withWidth(40).withPlot(24, 5);

    @Test void aLineIsBraille() {
        var f = Figure.line("Falling", new double[] {0, 1, 2, 3, 4}, new double[] {4, 3, 2, 1, 0}).axes("step", "loss");
        assertThat(small.draw(f)).isEqualTo("""
            Falling
            loss
            4 ┤⠓⠢⢄⣀
              │    ⠉⠒⠢⢄⣀
            2 ┤         ⠉⠒⠢⢄⣀
              │              ⠉⠒⠢⢄⣀
            0 ┤                   ⠉⠒⠢⢄⣀
              └┬──────────┬───────────┬
               0          2           4
                         step
            """);
    }

    @Test void linesCarryGlyphsThatTheLegendNames() {
        var x = new double[] {0, 1, 2, 3, 4};
        var f = Figure.plot("Two").line("up", x, x).line("flat", x, new double[] {1, 1, 1, 1, 1});
        assertThat(small.withAscii(true).draw(f)).isEqualTo("""
            Two
            4 |                   *****
              |              ******
            2 |         ******
              |oooo*o****oooooooooooooo
            0 |*****
              `+----------+-----------+
               0          2           4
               * up   o flat
            """);
    }

    @Test void barsLieAndShowTheirValues() {
        var f = Figure.bars("Scores", new String[] {"iris", "wine"}, Series.of("tree", 0.5, 1), Series.of("forest", 0.75, Double.NaN))
                .axes("", "accuracy");
        assertThat(small.draw(f)).isEqualTo("""
            Scores
            accuracy
            iris │███████ 0.5
                 │▒▒▒▒▒▒▒▒▒▒▒ 0.75
                 │
            wine │██████████████ 1
                 │
                  █ tree   ▒ forest
            """);
    }

    @Test void aHistogramStandsInEighths() {
        var f = Figure.histogram("Counts", new double[] {0, 0, 0, 1, 1, 2, 3, 3, 3, 3}).verticalLine(2, "median");
        assertThat(small.draw(f)).isEqualTo("""
            Counts
            4 ┤              ┆   ▇▇▇▇▇▇
              │▅▅▅▅▅▅        ┆   ██████
            2 ┤██████▃▃▃▃▃▃  ┆   ██████
              │████████████▂▂┆▂▂▂██████
            0 ┤██████████████┆█████████
              └──┬───────────┬─────────
                 0           2
               ┆ median 2
            """);
    }

    @Test void aMatrixIsShadedAndNumbered() {
        var f = Figure.heatmap("Confusion", new double[][] {{9, 1}, {0, 10}}, new String[] {"cat", "dog"}, new String[] {"cat", "dog"})
                .cellLabels().axes("predicted", "true");
        assertThat(small.draw(f)).isEqualTo("""
            Confusion
            rows: true, columns: predicted
            cat   9█   1
            dog   0   10█
                cat  dog
                ' ' 0 to '█' 10
            """);
    }

    @Test void aTreeIsDrawnInBoxLines() { assertThat(new TerminalText().draw(Samples.tree())).isEqualTo("""
            A decision tree of depth 2
            petal length ≤ 2.45 · 150 samples
            ├─ yes: setosa · 50
            └─ no: petal width ≤ 1.75 · 100 samples
               ├─ yes: versicolor · 49 of 54
               └─ no: virginica · 45 of 46
            """); }

    @Test void aGraphSaysWhatEachNodeIsMadeFrom() {
        assertThat(new TerminalText().draw(Samples.graph())).contains("x · w · 6.0      ← x, w\n", "(· − y)² · 2.25  ← relu, y\n");
    }

    @Test void colourIsThereOnlyWhenAskedFor() {
        for (var f : Samples.all()) {
            var plain = new TerminalText().draw(f);
            assertThat(plain).as(f.title()).doesNotContain("\u001b");
            assertThat(new TerminalText().withColor(true).draw(f).replaceAll("\u001b\\[[0-9]*m", "")).as(f.title())
                    .hasLineCount((int) plain.lines().count());
        }
        assertThat(new TerminalText().withColor(true).draw(Samples.loss())).contains("\u001b[34m").doesNotEndWith("\u001b[34m\n");
    }

    @Test void asciiIsAsciiThroughout() {
        for (var f : Samples.all()) assertThat(new TerminalText().withAscii(true).draw(f).chars()).as(f.title()).allMatch(c -> c < 128);
    }

    @Test void sizesOutOfBoundsAreNamed() {
        assertThatExceptionOfType(FigureException.class).isThrownBy(() -> new TerminalText().withWidth(10))
                .withMessageContaining("10 columns").withMessageContaining("between 30 and 1000");
    }
}
