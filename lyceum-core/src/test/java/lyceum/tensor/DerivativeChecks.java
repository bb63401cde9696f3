package lyceum.tensor;

import static lyceum.tensor.OpChecks.close;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.OpChecks.Check;

/** The checks of derivatives and batching rules, by name. */
final class DerivativeChecks {
    private DerivativeChecks() {}

    static Map<String, Check> gradients() {
        var checks = new LinkedHashMap<String, Check>();
        checks.put("gradient", differentiable(DerivativeChecks::gradient));
        checks.put("second order", differentiable(DerivativeChecks::secondOrder));
        checks.put("push-forward", differentiable(DerivativeChecks::pushForward));
        checks.put("push-forward against pull-back", differentiable(DerivativeChecks::forwardEqualsReverse));
        checks.put("second-order push-forward", differentiable(DerivativeChecks::secondOrderForward));
        checks.put("gradient of views", differentiable(DerivativeChecks::gradientOfViews));
        return checks;
    }

    /** What batching rules have to hold: for values, for gradients and for their derivatives. */
    static Map<String, Check> batches() {
        var checks = new LinkedHashMap<String, Check>();
        checks.put("batch", batched(DerivativeChecks::batchEqualsLoop));
        checks.put("batch refused", reading(DerivativeChecks::batchIsRefused));
        checks.put("gradient of a batch", differentiable(batched(DerivativeChecks::gradientOfBatchEqualsLoop)));
        checks.put("tangent of a batch", differentiable(batched(DerivativeChecks::tangentOfBatchEqualsLoop)));
        checks.put("batch of gradients", differentiable(batched(DerivativeChecks::batchOfGradientsEqualsLoop)));
        checks.put("batch of second order", differentiable(batched(DerivativeChecks::batchOfSecondOrderEqualsLoop)));
        return checks;
    }

    /** What is read from values would be read from one entry and hold for all. */
    private static Check batched(Check check) {
        return new Check() {
            @Override public void run(OpCase op) { check.run(op); }

            @Override public boolean applies(OpCase op) { return !op.readsValues(); }
        };
    }

    private static Check reading(Check check) {
        return new Check() {
            @Override public void run(OpCase op) { check.run(op); }

            @Override public boolean applies(OpCase op) { return op.readsValues(); }
        };
    }

    private static Check differentiable(Check check) {
        return new Check() {
            @Override public void run(OpCase op) { check.run(op); }

            @Override public boolean applies(OpCase op) { return op.differentiable() && check.applies(op); }
        };
    }

    // Gradients, in double precision.

    /** Along random directions: the derivative of {@code <f(x), u>} along v against the central difference. */
    private static void gradient(OpCase op) {
        var in = op.draw(DType.F64, 9);
        for (int i = 0; i < in.length; i++) {
            int operand = i;
            var f = scalarized(op, in, operand);
            checkGradient(op, f, in[operand], "gradient of operand " + operand);
        }
    }

    private static UnaryOperator<Tensor> scalarized(OpCase op, Tensor[] in, int operand) {
        var probe = op.call().apply(in);
        var u = Tensor.randn(Rng.of(77), DType.F64, probe.shape().toArray()).compute();
        return x -> {
            var operands = in.clone();
            operands[operand] = x;
            return op.call().apply(operands).mul(u).sum();
        };
    }

    private static void checkGradient(OpCase op, UnaryOperator<Tensor> f, Tensor x, String what) {
        var gradient = Autograd.grad(f).apply(x);
        if (!gradient.shape().equals(x.shape()))
            throw new AssertionError(op.name() + ": " + what + " has shape " + gradient.shape() + " at " + x.shape());
        for (int d = 0; d < 3; d++) {
            var v = Tensor.randn(Rng.of(100 + d), DType.F64, x.shape().toArray()).compute();
            double analytic = gradient.mul(v).sum().item(), h = 1e-5;
            double plus = f.apply(x.add(v.mul(h))).item(), minus = f.apply(x.sub(v.mul(h))).item(), numeric = (plus - minus) / (2 * h);
            double scale = Math.max(1, Math.abs(numeric));
            if (!(Math.abs(analytic - numeric) <= 1e-6 * scale)) throw new AssertionError(
                    op.name() + ": " + what + " along direction " + d + " is " + analytic + ", by differences " + numeric);
        }
    }

    private static void secondOrder(OpCase op) {
        var in = op.draw(DType.F64, 10);
        for (int i = 0; i < in.length; i++) {
            int operand = i;
            var f = scalarized(op, in, operand);
            var w = Tensor.randn(Rng.of(55), DType.F64, in[operand].shape().toArray()).compute();
            checkGradient(op, x -> Autograd.grad(f).apply(x).mul(w).sum(), in[operand], "second-order gradient of operand " + operand);
        }
    }

    private static UnaryOperator<Tensor> by(OpCase op, Tensor[] in, int operand) {
        return x -> {
            var operands = in.clone();
            operands[operand] = x;
            return op.call().apply(operands);
        };
    }

    /** The tangent of the result, element by element, against central differences. */
    private static void pushForward(OpCase op) {
        var in = op.draw(DType.F64, 11);
        for (int i = 0; i < in.length; i++) checkTangent(op, by(op, in, i), in[i], "tangent along operand " + i);
    }

    private static void checkTangent(OpCase op, UnaryOperator<Tensor> f, Tensor x, String what) {
        var v = Tensor.randn(Rng.of(7), DType.F64, x.shape().toArray()).compute();
        double h = 1e-5;
        double[] tangent = Autograd.jvp(f, x, v).toDoubleArray(), plus = f.apply(x.add(v.mul(h))).toDoubleArray(),
                minus = f.apply(x.sub(v.mul(h))).toDoubleArray();
        for (int i = 0; i < plus.length; i++) {
            double numeric = (plus[i] - minus[i]) / (2 * h);
            if (!(Math.abs(tangent[i] - numeric) <= 1e-6 * Math.max(1, Math.abs(numeric))))
                throw new AssertionError(op.name() + ": " + what + ", element " + i + " is " + tangent[i] + ", by differences " + numeric);
        }
    }

    /** Forward over forward and forward over reverse against differences of one forward mode, and of the gradient. */
    private static void secondOrderForward(OpCase op) {
        var in = op.draw(DType.F64, 13);
        for (int i = 0; i < in.length; i++) {
            var f = by(op, in, i);
            var w = Tensor.randn(Rng.of(8), DType.F64, in[i].shape().toArray()).compute();
            checkTangent(op, x -> Autograd.jvp(f, x, w), in[i], "second tangent along operand " + i);
            checkTangent(op, Autograd.grad(scalarized(op, in, i)), in[i], "tangent of the gradient of operand " + i);
        }
    }

    /** {@code <u, J v> = <J' u, v>}. */
    private static void forwardEqualsReverse(OpCase op) {
        var in = op.draw(DType.F64, 11);
        for (int i = 0; i < in.length; i++) {
            var f = by(op, in, i);
            var y = f.apply(in[i]);
            var u = Tensor.randn(Rng.of(5), DType.F64, y.shape().toArray());
            var v = Tensor.randn(Rng.of(6), DType.F64, in[i].shape().toArray());
            double forward = Autograd.jvp(f, in[i], v).mul(u).sum().item(), reverse = Autograd.vjp(f, in[i], u).mul(v).sum().item();
            if (!(Math.abs(forward - reverse) <= 1e-10 * Math.max(1, Math.abs(reverse))))
                throw new AssertionError(op.name() + ": <u, Jv> = " + forward + ", <J'u, v> = " + reverse);
        }
    }

    // Batches.

    private static final int BATCH = 3;

    private static void batchEqualsLoop(OpCase op) {
        for (var type : new DType[] {DType.F64, DType.F32}) batchEqualsLoop(op, op.call(), type, type == DType.F64 ? 1e-13 : 1e-5);
    }

    /** Each operand batched alone, and all together. */
    private static void batchEqualsLoop(OpCase op, Function<Tensor[], Tensor> f, DType type, double tolerance) {
        var in = op.draw(type, 14);
        var entries = new Tensor[BATCH][];
        for (int b = 0; b < BATCH; b++) entries[b] = op.draw(type, 20 + b);
        for (int alone = in.length == 1 ? 0 : -1; alone < in.length; alone++) {
            int only = alone;
            var varied = IntStream.range(0, in.length).filter(i -> only < 0 || i == only).toArray();
            var batches = Arrays.stream(varied)
                    .mapToObj(i -> Tensor.stack(0, Arrays.stream(entries).map(entry -> entry[i]).toArray(Tensor[]::new)))
                    .toArray(Tensor[]::new);
            var batched = Autograd.vmap(entry -> f.apply(with(in, varied, entry)), batches);
            for (int b = 0; b < BATCH; b++) {
                var entry = entries[b];
                close(op, f.apply(with(in, varied, Arrays.stream(varied).mapToObj(i -> entry[i]).toArray(Tensor[]::new))), batched.get(b),
                        tolerance);
            }
        }
    }

    private static void batchIsRefused(OpCase op) {
        var batches = Arrays.stream(op.draw(DType.F64, 14)).map(x -> Tensor.stack(0, x, x.neg())).toArray(Tensor[]::new);
        try {
            Autograd.vmap(op.call(), batches);
        } catch (LyceumException e) {
            if (e.getMessage().startsWith("vmap: ")) return;
            throw e;
        }
        throw new AssertionError(op.name() + ": what was read from one entry holds for all of a batch");
    }

    private static Tensor[] with(Tensor[] in, int[] places, Tensor[] values) {
        var operands = in.clone();
        for (int i = 0; i < places.length; i++) operands[places[i]] = values[i];
        return operands;
    }

    /** A function of a batch of one operand, done at once and entry by entry. */
    private record BatchedOperand(UnaryOperator<Tensor> together, UnaryOperator<Tensor> each, Tensor batch) {
        static BatchedOperand of(OpCase op, int operand) {
            var f = by(op, op.draw(DType.F64, 14), operand);
            var batch = Tensor.stack(0,
                    IntStream.range(0, BATCH).mapToObj(b -> op.draw(DType.F64, 20 + b)[operand]).toArray(Tensor[]::new));
            return new BatchedOperand(x -> Autograd.vmap(f, x, 0).sin(),
                    x -> Tensor.stack(0, IntStream.range(0, BATCH).mapToObj(b -> f.apply(x.get(b))).toArray(Tensor[]::new)).sin(), batch);
        }
    }

    /** From outside: through what the batching rules have done. */
    private static void gradientOfBatchEqualsLoop(OpCase op) {
        for (int i = 0; i < op.shapes().length; i++) {
            var f = BatchedOperand.of(op, i);
            close(op, Autograd.grad(x -> f.each.apply(x).sum()).apply(f.batch),
                    Autograd.grad(x -> f.together.apply(x).sum()).apply(f.batch), 1e-11);
        }
    }

    private static void tangentOfBatchEqualsLoop(OpCase op) {
        for (int i = 0; i < op.shapes().length; i++) {
            var f = BatchedOperand.of(op, i);
            var v = f.batch.cos();
            close(op, Autograd.jvp(f.each, f.batch, v), Autograd.jvp(f.together, f.batch, v), 1e-11);
        }
    }

    private static void batchOfGradientsEqualsLoop(OpCase op) {
        for (int i = 0; i < op.shapes().length; i++) {
            int operand = i;
            batchEqualsLoop(op, in -> Autograd.grad(x -> by(op, in, operand).apply(x).sin().sum()).apply(in[operand]), DType.F64, 1e-11);
        }
    }

    private static void batchOfSecondOrderEqualsLoop(OpCase op) {
        for (int i = 0; i < op.shapes().length; i++) {
            int operand = i;
            batchEqualsLoop(op, in -> Autograd.hvp(x -> by(op, in, operand).apply(x).sin().sum(), in[operand], in[operand].cos()),
                    DType.F64, 1e-9);
        }
    }

    private static void gradientOfViews(OpCase op) {
        var in = op.draw(DType.F64, 12);
        for (int i = 0; i < in.length; i++) {
            var f = scalarized(op, in, i);
            var expected = Autograd.grad(f).apply(in[i]);
            for (var disguise : OpCase.disguises(in[i])) close(op, expected, Autograd.grad(f).apply(disguise), 1e-12);
        }
    }
}
