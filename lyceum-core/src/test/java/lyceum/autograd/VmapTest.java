package lyceum.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** A batch by one program is a loop over its entries, for values and for derivatives inside and outside. */
class VmapTest {
    private final Tensor w = Tensor.randn(Rng.of(1), DType.F64, 4, 3).compute(), c = Tensor.randn(Rng.of(2), DType.F64, 3).compute();
    private final Tensor rows = Tensor.randn(Rng.of(3), DType.F64, 6, 4).compute();

    private static Tensor loop(Function<Tensor, Tensor> f, Tensor x) {
        var parts = new Tensor[(int) x.size(0)];
        for (int i = 0; i < parts.length; i++) parts[i] = f.apply(x.get(i));
        return Tensor.stack(0, parts);
    }

    private static void close(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.toDoubleArray()).containsExactly(expected.toDoubleArray(), within(1e-12));
    }

    private Tensor network(Tensor row) { return row.matmul(w).tanh().add(c).softmax(-1).square().sum(); }

    @Test void elementWiseWorkHasTheBitsOfALoop() {
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var x = Tensor.randn(Rng.of(4), type, 50, 40).compute();
            Function<Tensor, Tensor> f = row -> row.exp().mul(row.sin()).add(row.square().add(1).log()).div(row.abs().add(0.5));
            assertThat(Autograd.vmap(f, x, 0).toDoubleArray()).isEqualTo(loop(f, x).toDoubleArray());
        }
    }

    @Test void derivativesInsideAreThoseOfEachEntry() {
        UnaryOperator<Tensor> slope = Autograd.grad(this::network), bend = row -> Autograd.hvp(this::network, row, row.cos());
        close(Autograd.vmap(slope::apply, rows, 0), loop(slope, rows));
        close(Autograd.vmap(bend::apply, rows, 0), loop(bend, rows));
        close(Autograd.vmap(row -> Autograd.jvp(this::network, row, row), rows, 0),
                loop(row -> Autograd.jvp(this::network, row, row), rows));
        close(Autograd.vmap(row -> Autograd.hessian(this::network, row), rows, 0), loop(row -> Autograd.hessian(this::network, row), rows));
    }

    @Test void derivativesOutsideSeeThroughTheBatch() {
        UnaryOperator<Tensor> batch = x -> Autograd.vmap(this::network, x, 0), each = x -> loop(this::network, x);
        var v = rows.sin();
        close(Autograd.grad(x -> batch.apply(x).square().sum()).apply(rows), Autograd.grad(x -> each.apply(x).square().sum()).apply(rows));
        close(Autograd.jvp(batch, rows, v), Autograd.jvp(each, rows, v));
        close(Autograd.hvp(x -> batch.apply(x).square().sum(), rows, v), Autograd.hvp(x -> each.apply(x).square().sum(), rows, v));
    }

    /** By what the function closes over, of which forward and reverse mode inside the batch know nothing. */
    @Test void derivativesByWhatIsClosedOverArriveThroughDerivativesInside() {
        UnaryOperator<Tensor> batch = m -> Autograd
                .vmap(row -> Autograd.grad(t -> t.matmul(m).tanh().sum()).apply(row).square().sum(), rows, 0).sum();
        UnaryOperator<Tensor> each = m -> loop(row -> Autograd.grad(t -> t.matmul(m).tanh().sum()).apply(row).square().sum(), rows).sum();
        close(Autograd.grad(batch).apply(w), Autograd.grad(each).apply(w));
        close(Autograd.jvp(batch, w, w.cos()), Autograd.jvp(each, w, w.cos()));
        UnaryOperator<Tensor> samples = m -> Autograd.perSample((t, row) -> row.matmul(t).tanh().sum(), m, rows);
        UnaryOperator<Tensor> sampled = m -> loop(row -> Autograd.grad(t -> row.matmul(t).tanh().sum()).apply(m), rows);
        close(samples.apply(w), sampled.apply(w));
        close(Autograd.jvp(samples, w, w.sin()), Autograd.jvp(sampled, w, w.sin()));
        close(Autograd.grad(m -> samples.apply(m).pow(3).sum()).apply(w), Autograd.grad(m -> sampled.apply(m).pow(3).sum()).apply(w));
    }

    @Test void batchesNest() {
        var y = Tensor.randn(Rng.of(6), DType.F64, 5, 3).compute();
        var table = Autograd.vmap(a -> Autograd.vmap(b -> a.narrow(0, 0, 3).mul(b).sin().sum(), y, 0), rows, 0);
        close(table, loop(a -> loop(b -> a.narrow(0, 0, 3).mul(b).sin().sum(), y), rows));
        close(Autograd.vmap(column -> column.cumsum(0), rows, 1), rows.cumsum(0));
        close(Autograd.vmap(in -> in[0].outer(in[1]), rows.narrow(0, 0, 5), y), rows.narrow(0, 0, 5).unsqueeze(2).mul(y.unsqueeze(1)));
    }

    @Test void whatDoesNotDependOnTheEntryIsTheSameForAll() {
        close(Autograd.vmap(row -> c.mul(2), rows, 0), c.mul(2).expand(6, 3));
        close(Autograd.vmap(row -> c.item(0) > 1e9 ? row : row.mul(c.get(1).item()), rows, 0), rows.mul(c.item(1)));
        close(Autograd.vmap(row -> row.mul(row.detach()), rows, 0), rows.square());
        close(Autograd.grad(x -> Autograd.vmap(row -> row.mul(row.detach()), x, 0).sum()).apply(rows), rows);
        close(Autograd.grad(x -> Autograd.vmap(row -> row.mul(Autograd.noGrad(() -> row.square())), x, 0).sum()).apply(rows),
                rows.square());
    }

    @Test void aValueThatDependsOnTheEntryIsNotReadOutOfOne() {
        for (Function<Tensor, Tensor> f : List.<Function<Tensor, Tensor>>of(row -> row.get(0).item() > 0 ? row : row.neg(),
                row -> row.mul(row.toDoubleArray()[0]), row -> row.mul(row.sum().itemLong()), row -> row.maskedSelect(row.gt(0)),
                row -> row.get(Index.of(row.gt(0))), row -> c.mul(Autograd.grad(t -> t.square().sum()).apply(row).item(0)),
                row -> Autograd.vmap(e -> row.item(0) > 0 ? e : e.neg(), c.unsqueeze(1), 0),
                row -> Primitive.of("closing", in -> in[0].mul(row), (i, g, out, in) -> g.mul(row)).apply(c.get(0)))) {
            assertThatThrownBy(() -> Autograd.vmap(f, rows, 0)).isInstanceOf(LyceumException.class).hasMessageContaining("vmap")
                    .hasMessageContaining("where");
        }
        close(Autograd.vmap(row -> row.gt(0).where(row, row.neg()), rows, 0), rows.abs());
        assertThat(Autograd.vmap(row -> {
            assertThat(row.toString()).as("printing decides nothing").isNotEmpty();
            return row;
        }, rows, 0).toDoubleArray()).isEqualTo(rows.toDoubleArray());
    }

    @Test void anOperationOfTheUserIsLoopedOverUnlessItHasARule() {
        int[] runs = {0};
        Primitive.Forward forward = in -> {
            runs[0]++;
            return in[0].pow(3);
        };
        Primitive.Backward backward = (i, g, out, in) -> g.mul(in[0].square()).mul(3);
        Primitive looped = Primitive.of("cube", forward, backward), ruled = looped.withBatching((size, batched, in) -> in[0].pow(3));
        close(Autograd.vmap(looped::apply, rows, 0), rows.pow(3));
        assertThat(runs[0]).as("one run to trace, and one an entry").isEqualTo(7);
        runs[0] = 0;
        close(Autograd.vmap(ruled::apply, rows, 0), rows.pow(3));
        assertThat(runs[0]).isEqualTo(1);
        close(Autograd.grad(x -> Autograd.vmap(looped::apply, x, 0).sum()).apply(rows), rows.square().mul(3));
    }

    @Test void anEmptyBatchGivesNothingAndWhatIsNoBatchIsRefused() {
        var none = Autograd.vmap(row -> row.matmul(w), Tensor.zeros(DType.F64, 0, 4), 0);
        assertThat(none.shape().toArray()).containsExactly(0, 3);
        assertThat(Autograd.perSample((t, row) -> row.matmul(t).sum(), w, Tensor.zeros(DType.F64, 0, 4)).shape().toArray())
                .containsExactly(0, 4, 3);
        assertThatThrownBy(() -> Autograd.vmap(in -> in[0].mul(in[1]), rows, c)).isInstanceOf(ShapeException.class)
                .hasMessage("vmap: batches of 6 and 3 entries, shapes (6, 4) and (3,)");
        assertThatThrownBy(() -> Autograd.vmap(in -> in[0], Tensor.scalar(1))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("scalar");
    }
}
