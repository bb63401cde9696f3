package lyceum.plot;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.autograd.Graph;
import lyceum.plot.render.Svg;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ComputationFigureTest {
    @Test void operationsShowShapesAndCosts() {
        var w = Tensor.ones(4, 2);
        var graph = Graph.traceOne(x -> x.matmul(w).exp().sum(), Tensor.zeros(3, 4));
        var figure = ComputationFigure.of("A layer", graph);
        assertThat(figure.description()).startsWith("3 operations from the inputs to the outputs, 36 scalar operations");
        assertThat(Svg.inline(figure, 900)).contains("matmul", "F32 (3, 2)", "24 operations, 104 bytes", "F32 (3, 4)");
        assertThat(figure.table().rows()).isNotEmpty();
    }
}
