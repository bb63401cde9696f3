package lyceum.plot;

import static org.assertj.core.api.Assertions.assertThat;

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
    }
}
