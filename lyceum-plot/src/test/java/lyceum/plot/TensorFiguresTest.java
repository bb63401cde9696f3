package lyceum.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class TensorFiguresTest {

    @Test void tensorsDrawAsTheirArraysDo() {
        Tensor x = Tensor.of(0.0, 1, 2), y = Tensor.of(3.0, 1, 2);
        assertThat(Figure.line("t", x, y)).isEqualTo(Figure.line("t", new double[] {0, 1, 2}, new double[] {3, 1, 2}));
        assertThat(Figure.scatter("t", x, y)).isEqualTo(Figure.scatter("t", new double[] {0, 1, 2}, new double[] {3, 1, 2}));
        assertThat(Figure.plot("t").points(Tensor.of(new double[][] {{1, 2}, {3, 4}}), new int[] {0, 1}, "a", "b"))
                .isEqualTo(Figure.scatter("t", new double[] {1, 3}, new double[] {2, 4}, new int[] {0, 1}, "a", "b"));
    }

    @Test void everyTensorFormDrawsWhatItsArrayFormDraws() {
        double[] x = {0, 1, 2}, y = {3, 1, 2}, low = {2, 0, 1};
        Tensor tx = Tensor.of(x), ty = Tensor.of(y), tlow = Tensor.of(low), rows = Tensor.of(new double[][] {{0, 3}, {1, 1}, {2, 2}});
        String[] names = {"a", "b", "c"};
        var plot = Figure.plot("t");
        assertThat(plot.band("b", tx, tlow, ty)).isEqualTo(plot.band("b", x, low, y));
        assertThat(plot.errorBars("e", tx, tlow, ty)).isEqualTo(plot.errorBars("e", x, low, y));
        assertThat(plot.points("p", rows)).isEqualTo(plot.points("p", x, y));
        assertThat(Figure.scatter("t", rows, new int[] {0, 1, 2}, names)).isEqualTo(Figure.scatter("t", x, y, new int[] {0, 1, 2}, names));
        assertThat(Figure.bar("t", names, ty)).isEqualTo(Figure.bar("t", names, y));
        assertThat(Series.of("s", ty)).isEqualTo(Series.of("s", y));
        assertThat(Figure.heatmap("t", rows, names, new String[] {"x", "y"}))
                .isEqualTo(Figure.heatmap("t", new double[][] {{0, 3}, {1, 1}, {2, 2}}, names, new String[] {"x", "y"}));
        assertThat(Image.gray("i", rows)).isEqualTo(Image.gray("i", 2, 0, 3, 1, 1, 2, 2)).isEqualTo(Image.gray("i", 2, rows));
        assertThat(Image.rgb("i", Tensor.stack(0, rows, ty.mul(rows.transpose()).transpose(), rows)))
                .isEqualTo(Image.rgb("i", rows.toRows(), new double[][] {{0, 9}, {1, 1}, {4, 4}}, rows.toRows()));
    }

    @Test void framesAreOnePixelWide() {
        var plain = Image.gray("i", 4, new double[16]);
        assertThat(plain.framed(Tensor.of(new double[][] {{0, 1, 3, 4}})).pixels().toArray()).containsExactly(0, 0, 0, 0, 1, 1, 1, 0, 1, 0,
                1, 0, 1, 1, 1, 0);
        assertThat(plain.framed(Tensor.zeros(0, 4))).isEqualTo(plain);
        assertThatThrownBy(() -> plain.framed(Tensor.zeros(4))).isInstanceOf(FigureException.class).hasMessageContaining("(n, 4)");
        assertThatThrownBy(() -> Image.rgb("i", Tensor.zeros(2, 3, 3))).hasMessageContaining("(3, height, width)");
    }

    @Test void valuesAloneAreCountedFromTheFirst() {
        double[] y = {3, 1, 2};
        assertThat(Figure.line("t", 1, y)).isEqualTo(Figure.line("t", new double[] {1, 2, 3}, y))
                .isEqualTo(Figure.line("t", 1, Tensor.of(y)));
        assertThat(Figure.line("t", y)).isEqualTo(Figure.line("t", new double[] {0, 1, 2}, y));
        assertThat(((Layer.Line) Figure.line("t", 1, new double[0]).layers().getFirst()).x().size()).isZero();
        assertThat(Figure.numbered(9, 11)).containsExactly("9", "10", "11");
        assertThat(Figure.numbered(0, -1)).isEmpty();
    }

    @Test void functionsAreDrawnFromEndToEnd() {
        var line = (Layer.Line) Figure.line("square", -1, 3, v -> v * v).layers().getFirst();
        assertThat(line.x().size()).isEqualTo(201);
        assertThat(line.x().toArray()).startsWith(-1).endsWith(3);
        assertThat(line.y().toArray()).startsWith(1).endsWith(9);
    }

    @Test void rulesAreAskedFromTheLowerLeftRowByRow() {
        var region = (Layer.Region) Figure.regions("right half", -1, 1, 0, 2, p -> p.select(1, 0).gt(0), "left", "right").layers()
                .getFirst();
        assertThat(region.values().toArray()).startsWith(0).endsWith(1);
        assertThat(region.x().toArray()).startsWith(-1).endsWith(1);
        var surface = (Layer.Region) Figure.plot("height").surface(-1, 1, 0, 2, p -> p.select(1, 1)).layers().getFirst();
        assertThat(surface.values().toArray()).startsWith(0, 0).endsWith(2, 2);
        var ofTwo = (Layer.Region) Figure.plot("height").surface(-1, 1, 0, 2, (x, y) -> y).layers().getFirst();
        assertThat(ofTwo).isEqualTo(surface);
    }
}
