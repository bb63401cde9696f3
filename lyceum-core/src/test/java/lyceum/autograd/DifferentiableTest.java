package lyceum.autograd;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class DifferentiableTest {
    private static final UnaryOperator<Tensor> ASINH = y -> y.square().add(1).sqrt().add(y.abs()).log().mul(y.sign());

    private static Tensor draw(Rng rng, long... shape) { return Tensor.randn(rng, DType.F64, shape).compute(); }

    /** A function and the same as a bare operator, written without composition. */
    private record Both(Differentiable map, UnaryOperator<Tensor> bare) {}

    private static Both random(Rng rng, int inputs, int outputs) {
        Tensor w = draw(rng, outputs, inputs).mul(0.6).compute(), b = draw(rng, outputs);
        var affine = Differentiable.affine(w, b);
        UnaryOperator<Tensor> straight = x -> x.matmul(w.transpose()).add(b);
        return switch (rng.nextInt(4)) {
            case 0 -> new Both(affine, straight);
            case 1 -> new Both(affine.andThen(Differentiable.elementwise(outputs, Tensor::tanh, 1)), x -> straight.apply(x).tanh());
            case 2 -> new Both(Differentiable.elementwise(inputs, Tensor::sin, 1).andThen(affine), x -> straight.apply(x.sin()));
            default -> {
                var v = draw(rng, 1, inputs);
                var head = outputs == 1 ? null : Differentiable.affine(v, Tensor.zeros(DType.F64, 1));
                if (head == null) yield new Both(affine, straight);
                Tensor part = w.narrow(0, 0, outputs - 1).compute(), offset = b.narrow(0, 0, outputs - 1).compute();
                yield new Both(Differentiable.affine(part, offset).branch(head),
                        x -> Tensor.concat(-1, x.matmul(part.transpose()).add(offset), x.matmul(v.transpose()).add(0)));
            }
        };
    }

    @Test
    @Acceptance(topic = "composite-function", clause = 1) void bracketsAndIdentitiesChangeNoBit() {
        var rng = Rng.of(112);
        int differing = 0, triples = 0;
        for (int i = 0; i < 200; i++) {
            int a = 1 + rng.nextInt(5), b = 1 + rng.nextInt(5), c = 1 + rng.nextInt(5), d = 1 + rng.nextInt(5);
            Both h = random(rng, a, b), g = random(rng, b, c), f = random(rng, c, d);
            var left = f.map.compose(g.map).compose(h.map);
            var right = f.map.compose(g.map.compose(h.map));
            var forward = h.map.andThen(g.map).andThen(f.map);
            var x = draw(rng, a);
            double[] expected = f.bare.apply(g.bare.apply(h.bare.apply(x))).toDoubleArray();
            for (var map : List.of(left, right, forward, left.compose(Differentiable.identity(a)),
                    Differentiable.identity(d).compose(right))) {
                if (!Arrays.equals(map.apply(x).toDoubleArray(), expected)) differing++;
                if (!Arrays.equals(map.jacobian(x).toDoubleArray(), left.jacobian(x).toDoubleArray())) differing++;
                if (map.lipschitz() != left.lipschitz()) differing++;
            }
            triples++;
        }
        Evidence.of("triples", triples, exactly(200));
        Evidence.of("values, Jacobians and bounds that differ in a bit", differing, exactly(0));
    }

    @Test
    @Acceptance(topic = "composite-function", clause = 2) void theOrderMatters() {
        var f = Differentiable.of(1, 1, x -> x.add(1));
        var g = Differentiable.of(1, 1, x -> x.mul(2));
        Evidence.of("(f.g)(5) = 2x + 1", f.compose(g).apply(Tensor.of(new double[] {5})).item(), exactly(11));
        Evidence.of("(g.f)(5) = 2x + 2", g.compose(f).apply(Tensor.of(new double[] {5})).item(), exactly(12));
        Evidence.of("f first, then g", f.andThen(g).apply(Tensor.of(new double[] {5})).item(), exactly(12));
    }

    /** {@code sin(W e^x + b)}, a pair and a fan of functions, and {@code x -> a x (1 - x)} three times over, in plain loops. */
    @Test
    @Acceptance(topic = "composite-function", clause = 3) void valuesAndJacobiansEqualTheExpandedFormula() {
        var value = Gap.relativeBeyondOne();
        var slope = Gap.relativeBeyondOne();
        var rng = Rng.of(113);
        for (int trial = 0; trial < 50; trial++) {
            int n = 1 + rng.nextInt(4), m = 1 + rng.nextInt(4);
            Tensor w = draw(rng, m, n), b = draw(rng, m), x = draw(rng, n), u = draw(rng, 2);
            double[] at = x.toDoubleArray(), y = new double[m];
            var j = new double[m * n];
            for (int r = 0; r < m; r++) {
                double inner = b.item(r);
                for (int c = 0; c < n; c++) inner += w.item(r, c) * Math.exp(at[c]);
                y[r] = Math.sin(inner);
                for (int c = 0; c < n; c++) j[r * n + c] = Math.cos(inner) * w.item(r, c) * Math.exp(at[c]);
            }
            var waves = Differentiable.affine(w, b).compose(Differentiable.of(n, n, Tensor::exp))
                    .andThen(Differentiable.elementwise(m, Tensor::sin, 1));
            value.see("waves", waves.apply(x).toDoubleArray(), y);
            slope.see("waves", waves.jacobian(x).toDoubleArray(), j);

            double p = u.item(0), q = u.item(1);
            var square = Differentiable.of(1, 1, Tensor::square);
            var pair = square.product(Differentiable.of(1, 1, Tensor::tanh))
                    .andThen(Differentiable.affine(Tensor.of(new double[][] {{2, -3}}), Tensor.of(new double[] {1})));
            value.see("pair", pair.apply(u).toDoubleArray(), new double[] {2 * p * p - 3 * Math.tanh(q) + 1});
            slope.see("pair", pair.jacobian(u).toDoubleArray(), new double[] {4 * p, -3 / Math.pow(Math.cosh(q), 2)});
            var fan = square.branch(Differentiable.of(1, 1, Tensor::exp)).compose(Differentiable.of(2, 1, t -> t.prod().reshape(1)));
            value.see("fan", fan.apply(u).toDoubleArray(), new double[] {p * p * q * q, Math.exp(p * q)});
            slope.see("fan", fan.jacobian(u).toDoubleArray(),
                    new double[] {2 * p * q * q, 2 * p * p * q, q * Math.exp(p * q), p * Math.exp(p * q)});

            double z = rng.nextDouble(), dz = 1;
            var logistic = Differentiable.of(1, 1, t -> t.mul(t.rsub(1)).mul(3.7));
            var start = Tensor.of(new double[] {z});
            for (int k = 0; k < 3; k++) {
                dz *= 3.7 * (1 - 2 * z);
                z = 3.7 * z * (1 - z);
            }
            value.see("logistic", logistic.iterated(3).apply(start).toDoubleArray(), new double[] {z});
            slope.see("logistic", logistic.iterated(3).jacobian(start).toDoubleArray(), new double[] {dz});
        }
        Evidence.of("largest gap of a value", value, below(1e-10));
        Evidence.of("largest gap of a Jacobian", slope, below(1e-10));
    }

    @Test
    @Acceptance(topic = "composite-function", clause = 4) void measuredLipschitzConstantsStayUnderTheProductOfBounds() {
        var rng = Rng.of(114);
        double largest = 0;
        int pairs = 10_000, maps = 0, unbounded = 0;
        var tight = new int[5];
        for (int i = 0; i < 40; i++) {
            int n = 1 + rng.nextInt(4), m = 1 + rng.nextInt(4);
            Differentiable f = random(rng, n, m).map, g = random(rng, m, n).map, e = random(rng, n, m).map;
            var made = List.of(f.andThen(g), f.branch(e), f.product(g), f.branch(f), Differentiable.affine(draw(rng, m, n), draw(rng, m)));
            for (int kind = 0; kind < made.size(); kind++, maps++) {
                var map = made.get(kind);
                double spread = Math.pow(10, -3 * rng.nextDouble());
                Tensor a = draw(rng, pairs, map.inputs()), to = draw(rng, pairs, map.inputs());
                var b = a.add(to.div(to.square().sum(new int[] {1}, true).sqrt()).mul(spread)).compute();
                Tensor moved = map.apply(a).sub(map.apply(b)).square().sum(1).sqrt(), apart = a.sub(b).square().sum(1).sqrt();
                double ratio = moved.div(apart).max().item() / map.lipschitz();
                largest = Math.max(largest, ratio);
                if (!Double.isFinite(map.lipschitz())) unbounded++;
                if (ratio > 0.99) tight[kind]++;
            }
        }
        Evidence.of("functions, with 10,000 pairs each", maps, exactly(200));
        Evidence.of("functions without a bound", unbounded, exactly(0));
        Evidence.of("measured constant over its bound, largest", largest, atMost(1 + 1e-11));
        Evidence.of("functions whose bound is reached to 1%, of the kind with fewest", Arrays.stream(tight).min().orElseThrow(), above(4));
        var there = Differentiable.affine(Tensor.of(new double[][] {{10, 0}, {0, 0.1}}), Tensor.of(0.0, 0));
        assertThat(there.andThen(Differentiable.affine(Tensor.of(new double[][] {{0.1, 0}, {0, 10}}), Tensor.of(0.0, 0))).lipschitz())
                .isEqualTo(100);
    }

    @Test
    @Acceptance(topic = "composite-function", clause = 6) void inversesUndo() {
        var rng = Rng.of(116);
        var worst = Gap.absolute();
        int maps = 0;
        for (int i = 0; i < 200; i++) {
            int n = 1 + rng.nextInt(4);
            var map = Differentiable.identity(n);
            int parts = 2 + rng.nextInt(3);
            for (int k = 0; k < parts; k++) map = map.andThen(invertible(rng, n));
            if (i % 3 == 0) map = map.product(invertible(rng, 2));
            if (i % 5 == 0) map = map.iterated(2);
            Tensor x = draw(rng, map.inputs()).mul(0.5).compute(), y = map.apply(x);
            worst.see("f^-1 f", map.inverse().apply(y).toDoubleArray(), x.toDoubleArray());
            worst.see("iterated -1", map.iterated(-1).apply(y).toDoubleArray(), x.toDoubleArray());
            worst.see("J^-1 J", map.inverse().jacobian(y).matmul(map.jacobian(x)).toDoubleArray(),
                    Tensor.eye(DType.F64, map.inputs()).toDoubleArray());
            maps++;
        }
        Evidence.of("functions", maps, exactly(200));
        Evidence.of("largest gap of f^-1(f(x)) to x, and of the Jacobians' product to I", worst, below(1e-10));
    }

    private static Differentiable invertible(Rng rng, int n) {
        return switch (rng.nextInt(3)) {
            case 0 -> Differentiable.affine(Tensor.eye(DType.F64, n).add(draw(rng, n, n).mul(0.15)).compute(), draw(rng, n));
            case 1 -> Differentiable.elementwise(n, ASINH, 1).withInverse(Tensor::sinh, Double.POSITIVE_INFINITY);
            default -> Differentiable.of(n, n, t -> t.mul(0.5).exp()).withInverse(y -> y.log().mul(2), Double.POSITIVE_INFINITY)
                    .andThen(Differentiable.affine(Tensor.eye(DType.F64, n).mul(-0.5), Tensor.ones(DType.F64, n)));
        };
    }

    @Test void whatDoesNotFitIsNamed() {
        Differentiable three = Differentiable.identity(3), four = Differentiable.identity(4);
        assertThatThrownBy(() -> three.andThen(four)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("gives 3 numbers and the next takes 4");
        assertThatThrownBy(() -> three.branch(four)).isInstanceOf(ShapeException.class).hasMessageContaining("3 and of 4");
        assertThatThrownBy(() -> three.apply(Tensor.zeros(4))).hasMessageContaining("(4,)").hasMessageContaining("3 numbers");
        var square = Differentiable.of(1, 1, Tensor::square);
        assertThatThrownBy(square::inverse).hasMessageContaining("withInverse");
        assertThat(square.isInvertible()).isFalse();
        assertThat(square.lipschitz()).isInfinite();
        assertThatThrownBy(() -> Differentiable.of(2, 2, Tensor::sum).apply(Tensor.of(1.0, 2))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("to 2 numbers gave shape ()");
        assertThatThrownBy(() -> square.withLipschitz(-1)).hasMessageContaining("-1");
        assertThat(Differentiable.affine(Tensor.of(new double[][] {{1, 2}, {2, 4}}), Tensor.of(0.0, 0)).isInvertible()).isFalse();
    }
}
