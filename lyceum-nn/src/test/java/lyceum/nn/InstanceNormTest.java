package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class InstanceNormTest {

    @Test void outputsAndGradientsEqualPyTorchOnOneToThreeAxes() {
        var cases = Golden.load("golden/instance-norm.json").cases("instance-norm");
        var gap = Gap.relativeBeyondOne();
        for (var c : cases) {
            var twin = new Twin((long) c.number("input.seed"));
            long[] shape = c.longs("input.shape");
            var norm = twin.fill(new InstanceNorm(shape[1], c.number("input.eps"), c.flag("input.affine"), DType.F64));
            var x = twin.draw(shape).requiresGrad();
            twin.compare(gap, c, norm.parameters(), List.of(x), List.of(norm.forward(x, Pass.training(Rng.of(1)))));
        }
        assertThat(cases).hasSize(12);
        assertThat(gap.worst()).isLessThan(1e-8); // the file has ten digits
    }

    @Test void contrastAndBrightnessOfAPictureAreGone() {
        var x = Tensor.randn(Rng.of(2), DType.F64, 2, 3, 8, 8).compute();
        var norm = new InstanceNorm(3, 0, false, DType.F64);
        var other = x.mul(Tensor.of(new double[] {2, 5, 0.5}, 3, 1, 1)).add(Tensor.of(new double[] {1, -7, 3}, 3, 1, 1));
        assertThat(norm.forward(other).sub(norm.forward(x)).abs().max().item()).isLessThan(1e-13);
        assertThat(norm.forward(x).mean(2, 3).abs().max().item()).isCloseTo(0, within(1e-14));
        assertThat(norm.parameters()).isEmpty();
        assertThat(InstanceNorm.affine(3).parameters().keySet()).containsExactly("weight", "bias");
    }

    @Test void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> new InstanceNorm(3).forward(Tensor.zeros(2, 4, 5))).isInstanceOf(ShapeException.class)
                .hasMessage("InstanceNorm: input (2, 4, 5); it is (batch, 3, positions ..)");
        assertThatThrownBy(() -> new InstanceNorm(3).forward(Tensor.zeros(2, 3, 1))).hasMessageContaining("one position a channel");
        assertThatThrownBy(() -> new InstanceNorm(0)).hasMessageContaining("0 channels");
    }
}
