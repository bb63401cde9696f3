package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** Operations that are one program where nobody records: the bits of what they abbreviate, on every backend. */
class FormulaTest {
    /** @param weights how many vectors it takes behind a first operand; 0 for a second one like the first */
    private record Case(String name, int weights, Function<Tensor[], Tensor> value) {
        Tensor[] operands(Tensor x, Tensor y, Tensor w, Tensor b) {
            return weights == 0 ? new Tensor[] {x, y} : weights == 1 ? new Tensor[] {x, w} : new Tensor[] {x, w, b};
        }
    }

    private static final List<Case> CASES = List.of(new Case("sum", 0, in -> in[0].add(in[1])),
            new Case("SwiGLU", 0, in -> in[0].mul(in[0].sigmoid()).mul(in[1])), new Case("GeGLU", 0, in -> in[0].geluTanh().mul(in[1])),
            new Case("rms norm", 1, in -> in[0].rmsNorm(in[1], 1e-5)),
            new Case("layer norm", 2, in -> in[0].layerNorm(in[1], in[2], 1e-5)));

    /** All digits; zeros of either sign are different. */
    private static double[] bits(Tensor x) { return x.toDoubleArray(); }

    @Test void aFormulaGivesTheBitsOfItsOperations() {
        int compared = 0;
        for (var backend : AttentionTest.backends()) for (var type : List.of(DType.F32, DType.F64)) for (var c : CASES) {
            var formula = Formula.of(c.value);
            for (int columns : new int[] {2, 3, 17, 64, 1000}) for (int rows : new int[] {1, 5, 16, 40}) {
                var rng = Rng.of(columns * 100 + rows);
                Tensor wide = Tensor.randn(rng, type, rows, 2 * columns), y = Tensor.randn(rng, type, rows, columns);
                Tensor w = Tensor.randn(rng, type, columns), b = Tensor.randn(rng, type, columns);
                for (var x : List.of(wide.narrow(1, columns, columns), y.mul(3))) {
                    var in = c.operands(x, y, w, b);
                    Backend.with(backend, () -> assertThat(bits(formula.at(in)))
                            .as(backend.name() + " " + type + " " + c.name + " " + x.shape()).isEqualTo(bits(c.value.apply(in))));
                    compared++;
                }
            }
        }
        assertThat(compared).isEqualTo(AttentionTest.backends().size() * 2 * CASES.size() * 40);
    }

    @Test void itIsComputedAtOnceWhereNobodyRecords() {
        Tensor x = Tensor.randn(Rng.of(1), 16, 40), w = Tensor.ones(40).requiresGrad();
        var norm = Formula.of(in -> in[0].rmsNorm(in[1], 1e-6));
        assertThat(Autograd.noGrad(() -> norm.at(x, w)).viewIfStored()).isNotNull();
        assertThat(norm.at(x, w).isTracked()).isTrue();
        norm.at(x, w).sum().backward();
        assertThat(w.grad()).isNotNull();
        var large = Tensor.ones(Formula.FEW / 8, 16);
        assertThat(Formula.of(in -> in[0].add(1)).at(large).viewIfStored()).as("many numbers wait for what follows").isNull();
    }

    @Test void whatIsNoProgramIsComputedAllTheSame() {
        var x = Tensor.randn(Rng.of(2), 16, 40);
        var read = Formula.of(in -> in[0].mul(in[0].max().item()));
        var product = Formula.of(in -> in[0].matmul(in[0].transpose()));
        for (int again = 0; again < 2; again++) {
            assertThat(bits(read.at(x))).isEqualTo(bits(x.mul(x.max().item())));
            assertThat(bits(product.at(x))).isEqualTo(bits(x.matmul(x.transpose())));
        }
        assertThatThrownBy(() -> Formula.of(in -> in[0].add(in[1])).at(x, Tensor.ones(16, 39))).isInstanceOf(ShapeException.class);
        assertThat(Formula.of(in -> in[0].add(in[1])).at(x, Tensor.ones(16, 1)).shape()).isEqualTo(x.shape());
    }

    @Test void widthsBeyondThoseThatAreKeptAreComputedAllTheSame() {
        var norm = Formula.of(in -> in[0].rmsNorm(null, 1e-6));
        for (int columns = 20; columns < 60; columns++) {
            var x = Tensor.randn(Rng.of(columns), 16, columns);
            assertThat(bits(norm.at(x))).isEqualTo(bits(x.rmsNorm(null, 1e-6)));
        }
    }

    @Test void turnedPairsHaveTheBitsOfTheirProducts() {
        for (var backend : AttentionTest.backends())
            for (var type : List.of(DType.F32, DType.F64))
                for (boolean interleaved : new boolean[] {false, true})
                    for (long[] shape : new long[][] {{3, 4, 1, 8}, {2, 3, 5, 8}, {16, 6, 1, 64}, {1, 2, 33, 66}})
                        for (long pairs : new long[] {1, 3, 4}) {
                            var rng = Rng.of(shape[2] + pairs);
                            var angles = Tensor.rand(rng, type, shape[0], 1, shape[2], pairs).mul(9);
                            Tensor cos = angles.cos().compute(), sin = angles.sin().compute();
                            var plain = Tensor.randn(rng, type, shape).compute();
                            var turned = Tensor.randn(rng, type, shape[0], shape[2], shape[1], shape[3]).transpose(1, 2);
                            Backend.with(backend, () -> {
                                for (var x : List.of(plain, turned))
                                    assertThat(bits(x.turned(cos, sin, interleaved))).as(backend.name() + " " + type + " " + x.shape())
                                            .isEqualTo(bits(x.requiresGrad().turned(cos, sin, interleaved)));
                            });
                        }
        assertThatThrownBy(() -> Tensor.ones(2, 3).turned(Tensor.ones(2), Tensor.ones(2), false)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(2, 3)");
    }

    @Test void fewRowsAreThoseOfAGather() {
        var x = Tensor.randn(Rng.of(4), 9, 3, 2).compute();
        var gathered = x.gather(0, Tensor.of(new long[] {8, 0, 0, 5}, 4, 1, 1).expand(4, 3, 2));
        assertThat(bits(x.rows(8, 0, 0, 5))).isEqualTo(bits(gathered));
        for (var index : List.of(Tensor.of(8, 0, 0, 5), Tensor.of(8L, 0L, 0L, 5L), Tensor.of(5, 0, 0, 8).flip(0)))
            assertThat(bits(x.indexSelect(0, index))).isEqualTo(bits(gathered));
        assertThat(x.rows(8, 0).viewIfStored()).isNotNull();
        assertThat(bits(x.transpose(0, 1).rows(2, 1))).isEqualTo(bits(x.indexSelect(1, Tensor.of(2, 1)).transpose(0, 1)));
        var tracked = x.requiresGrad();
        tracked.rows(8, 8).sum().backward();
        assertThat(tracked.grad().get(8).toDoubleArray()).containsOnly(2);
        for (int wrong : new int[] {9, -1}) assertThat(message(() -> x.rows(wrong))).isEqualTo(message(() -> tracked.rows(wrong)));
    }

    private static String message(Supplier<Tensor> body) {
        try {
            return body.get().toString();
        } catch (RuntimeException e) {
            return e.getMessage();
        }
    }

    /** Sums and softmax go by the type that products have. */
    @Test void insideAutocastAFormulaIsWhatItIsThere() {
        var x = Tensor.randn(Rng.of(2), 16, 40).to(DType.BF16).compute();
        for (boolean insideFirst : new boolean[] {false, true}) {
            var formula = Formula.of(in -> in[0].softmax(-1));
            for (boolean inside : insideFirst ? new boolean[] {true, false} : new boolean[] {false, true}) {
                var type = inside ? DType.BF16 : DType.F32;
                Tensor found = Autocast.in(type, () -> formula.at(x).compute()), wanted = Autocast.in(type, () -> x.softmax(-1).compute());
                assertThat(found.dtype()).isEqualTo(wanted.dtype());
                assertThat(bits(found)).isEqualTo(bits(wanted));
            }
        }
    }

    @Test void aFormulaOfAFormulaHasAProgram() {
        var gate = Formula.of(in -> in[0].mul(in[0].sigmoid()));
        var both = Formula.of(in -> gate.at(in[0]).mul(in[1]));
        for (int columns : new int[] {16, 4000}) {
            Tensor x = Tensor.randn(Rng.of(3), 2, columns), y = Tensor.randn(Rng.of(4), 2, columns);
            var found = Autograd.noGrad(() -> both.at(x, y));
            assertThat(found.viewIfStored()).isNotNull();
            assertThat(bits(found)).isEqualTo(bits(x.mul(x.sigmoid()).mul(y)));
        }
    }
}
