package lyceum.bench;

import java.util.ArrayList;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.nn.LayerNorm;
import lyceum.nn.Module;
import lyceum.nn.RMSNorm;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Reductions over rows of a million numbers in all, forward and with their gradients. */
final class ReductionSuite implements Suite {
    private static final int[] WIDTHS = {64, 768, 4096, 50257};

    @Override public void measure(SideBySide bench) {
        for (boolean backward : new boolean[] {false, true}) {
            for (int width : WIDTHS) {
                int rows = Math.max(1, (1 << 20) / width);
                measure(bench, "softmax", rows, width, backward, x -> Sweep.of(backward, in -> in[0].softmax(1), x));
                measure(bench, "layer norm", rows, width, backward, x -> {
                    var norm = new LayerNorm(width);
                    return Sweep.of(backward, in -> norm.forward(in[0]), leaves(x, norm));
                });
                measure(bench, "RMS norm", rows, width, backward, x -> {
                    var norm = new RMSNorm(width, 1e-5, false, DType.F32);
                    return Sweep.of(backward, in -> norm.forward(in[0]), leaves(x, norm));
                });
                measure(bench, "cross-entropy", rows, width, backward, x -> {
                    var target = Tensor.randint(Rng.of(2), 0, width, rows).compute();
                    return Sweep.of(backward, in -> Loss.crossEntropy(in[0], target), x);
                });
            }
        }
    }

    private interface Rowwise {
        Supplier<?> over(Tensor x);
    }

    private static void measure(SideBySide bench, String name, int rows, int width, boolean backward, Rowwise f) {
        var c = new Case(name + (backward ? " with its gradient" : ""), rows + "x" + width, DType.F32, Unit.MICROSECONDS)
                .beside("rowwise", Map.of("name", name, "rows", rows, "width", width, "backward", backward)).atLeast(1.5);
        bench.measure(c, () -> f.over(Tensor.randn(Rng.of(1), rows, width).compute()));
    }

    private static Tensor[] leaves(Tensor x, Module norm) {
        var all = new ArrayList<>(norm.parameters().values());
        all.addFirst(x);
        return all.toArray(Tensor[]::new);
    }
}
